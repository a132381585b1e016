import { describe, expect, it, onTestFinished } from "vitest";
import { CodexApi } from "../../../src/api/codex-api.ts";
import type { CallEnd, CallFacts, Telemetry } from "../../../src/api/service/observer.ts";
import type { Script } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { everyHook } from "../../support/every-hook.ts";
import { errorOf } from "../../support/transport.ts";

const request = { model: "gpt-x", input: "repeat: hi" };

type Told = CallFacts & Readonly<Record<string, unknown>> & { readonly hook: string };

async function watched(script: Script = []) {
  const emulator = await emulate({ script });
  const told: Told[] = [];
  const telemetry = everyHook((hook) => (event: CallFacts) => void told.push({ ...event, hook } as Told));
  const api = new CodexApi({ ...clientOptions(emulator.url), telemetry });
  onTestFinished(() => api.close());
  const of = (hook: keyof Telemetry) => told.filter((event) => event.hook === hook);
  const ends = () => of("onCallEnd") as unknown as CallEnd[];
  return { emulator, api, told, of, ends };
}

describe("every event of a call", () => {
  it("says which call it belongs to, over HTTP with a retry", async () => {
    const { api, told, of, ends } = await watched([{ status: 503 }]);
    await api.responses.create(request);
    expect(new Set(told.map(({ callId }) => callId)).size).toBe(1);
    for (const { endpoint, model } of told)
      expect({ endpoint, model }).toEqual({ endpoint: "responses", model: "gpt-x" });
    expect(of("onRequest").map(({ attempt, status }) => [attempt, status])).toEqual([
      [0, 503],
      [1, 200],
    ]);
    expect(of("onRetry")).toMatchObject([{ reason: { kind: "http", status: 503 }, layer: "request" }]);
    expect(of("onStreamPoll").length).toBeGreaterThan(2);
    expect(of("onCallStart")).toHaveLength(1);
    const [end] = ends();
    expect(ends()).toHaveLength(1);
    expect(end).toMatchObject({ outcome: "completed", tokenUsage: { outputTokens: expect.any(Number) } });
    expect(end?.requestId).toBeTypeOf("string");
    expect(end?.responseId).toBeTypeOf("string");
    expect(end?.firstEventMs).toBeLessThanOrEqual(end?.durationMs ?? -1);
    const times = told.flatMap(({ durationMs, delayMs, firstEventMs }) => [durationMs, delayMs, firstEventMs]);
    for (const time of times.filter((each) => each !== undefined)) expect(Number.isInteger(time)).toBe(true);
  });

  it("leaves out what is not known", async () => {
    const { api, told } = await watched([{ status: 503 }]);
    await api.responses.create(request);
    await (await api.session().stream(request)).collect();
    await api.models.list();
    const unknown = told.flatMap((event) => Object.entries(event).filter(([, value]) => value === undefined));
    expect(unknown).toEqual([]);
    expect(new Set(told.map(({ hook }) => hook)).size).toBeGreaterThan(5);
  });

  it("says it over a session's WebSocket too, with its lane, and a broken stream is no end", async () => {
    const { api, told, of, ends } = await watched([{ terminateAfterEvents: 2 }]);
    await using session = api.session({ conversationId: "lane-1" });
    await (await session.stream(request)).collect();
    expect(new Set(told.map(({ callId }) => callId)).size).toBe(1);
    expect(new Set(told.map(({ lane }) => lane))).toEqual(new Set(["lane-1"]));
    expect(of("onRequest").map(({ status }) => status)).toEqual([101, 101]);
    expect(of("onWebSocketRequest")).toHaveLength(2);
    expect(of("onRetry")).toMatchObject([{ layer: "stream", reason: { kind: "stream" } }]);
    expect(ends()).toMatchObject([{ outcome: "completed" }]);
  });
});

describe("a call that waits behind another in its session", () => {
  it("is told so, with how many are before it", async () => {
    const { api, of } = await watched();
    await using session = api.session({ carrier: "http" });
    const first = await session.stream(request);
    const others = [session.stream(request), session.stream(request)];
    expect(of("onCallWait").map(({ ahead }) => ahead)).toEqual([1, 2]);
    await first.collect();
    for (const other of others) await (await other).collect();
    expect(of("onCallWait")).toHaveLength(2);
  });
});

describe("a call ends as", () => {
  it("failed, with its error and the request's id", async () => {
    const { api, ends } = await watched([{ status: 400, body: "no", headers: { "x-request-id": "req_1" } }]);
    await errorOf(api.responses.create(request));
    expect(ends()).toMatchObject([{ outcome: "failed", requestId: "req_1", error: { kind: "invalid_request" } }]);
  });

  it("left, where its reader leaves", async () => {
    const { api, ends } = await watched();
    for await (const event of await api.responses.stream(request)) if (event.type === "output_text.delta") break;
    expect(ends()).toMatchObject([{ outcome: "left" }]);
  });

  it("aborted, where the caller's signal fires", async () => {
    const { api, ends } = await watched([{ stallAfterEvents: 1 }]);
    const stop = new AbortController();
    const stream = await api.responses.stream(request, { signal: stop.signal });
    const reading = errorOf(stream.collect());
    stop.abort();
    await reading;
    expect(ends()).toMatchObject([{ outcome: "aborted", error: { kind: "aborted" } }]);
  });

  it("completed, where one body answers it", async () => {
    const { api, ends } = await watched();
    await api.models.list();
    expect(ends()).toMatchObject([{ endpoint: "models", outcome: "completed" }]);
  });
});

it("a console gets lines for people", async () => {
  const emulator = await emulate({ script: [{ status: 503 }] });
  const lines: unknown[][] = [];
  const say = (...line: unknown[]): void => void lines.push(line);
  const logger = { ...globalThis.console, debug() {}, info() {}, warn: say, error: say };
  await using api = new CodexApi({ ...clientOptions(emulator.url), logger });
  await api.responses.create(request);
  expect(lines).toEqual([
    [
      expect.stringMatching(
        /^codex-wire: the request is sent again \(layer request, retry 1, .*reason http 503, callId /,
      ),
    ],
  ]);
});
