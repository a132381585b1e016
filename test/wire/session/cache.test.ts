import { describe, expect, it } from "vitest";
import type { CallEnd } from "../../../src/api/service/observer.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { emulate } from "../../support/clients.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { answerTo, asking, bodiesAt, kindsOf, openSession, user } from "./support.ts";

const usage = (input: number, cached: number, written: number) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  output_tokens: 1,
  total_tokens: input + 1,
});

describe("session.cache", () => {
  it("adds up the cache use of all lanes, and telemetry gets it for each call", async () => {
    const numbers = [usage(100, 0, 80), usage(300, 200, 40), usage(100, 100, 0)];
    const server = await serveWebSocket(({ stream_id }, tell) => {
      const response = { id: `resp_${server.frames.length}`, usage: numbers[server.frames.length - 1] };
      tell({ type: "response.completed", response, ...(stream_id !== undefined && { stream_id }) });
    });
    const ends: CallEnd[] = [];
    const { session } = openSession(server.url, { telemetry: { onCallEnd: (end) => void ends.push(end) } });
    expect(session.cache).toEqual({ answers: 0, inputTokens: 0, readTokens: 0, writtenTokens: 0, whole: {} });
    const lane = session.lane("a");
    await answerTo(session, asking("one"));
    await answerTo(session, asking("two", asking("one").input));
    await (await lane.stream(asking("three"))).collect();
    expect(session.cache).toEqual({
      answers: 3,
      inputTokens: 500,
      readTokens: 300,
      writtenTokens: 120,
      hitRate: 0.6,
      whole: { first_request: 2 },
      last: { inputTokens: 100, readTokens: 100, writtenTokens: 0, hitRate: 1, whole: { reason: "first_request" } },
    });
    expect(lane.cache).toMatchObject({ answers: 1, readTokens: 100, whole: { first_request: 1 } });
    expect(ends.map(({ cache }) => cache?.hitRate)).toEqual([0, 200 / 300, 1]);
    expect(ends[1]?.cache).not.toHaveProperty("whole");
  });

  it("says why a request was sent whole", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const history: ResponseItem[] = [];
    const reasons: unknown[] = [];
    const ask = async (more: object = {}, on = session) => {
      history.push(user("repeat: x"));
      const { items } = await answerTo(on, { model: "m", input: history, ...more });
      history.push(...items);
      reasons.push(on.cache.last?.whole);
    };
    await ask();
    await ask();
    await ask({ temperature: 0.5 });
    history[1] = user("edited");
    await ask({ temperature: 0.5 });
    const orphan = { type: "function_call_output", call_id: "c", output: "" };
    await ask({ input: [orphan] }).catch(() => history.pop());
    await ask({ temperature: 0.5 });
    await ask({}, openSession(emulator.url, { carrier: "http" }).session);
    expect(reasons).toEqual([
      { reason: "first_request" },
      undefined,
      { reason: "field_changed", field: "temperature" },
      { reason: "history_changed", item: 1 },
      { reason: "no_last_response" },
      { reason: "over_http" },
    ]);
  });

  it("a new connection is a reason, and so is a fork whose source has continued", async () => {
    const emulator = await emulate({ connectionMaxRequests: 1 });
    const { session } = openSession(emulator.url);
    const first = asking("one").input;
    const { items } = await answerTo(session, { model: "m", input: first });
    await answerTo(session, asking("two", [...first, ...items]));
    expect(session.cache.last?.whole).toEqual({ reason: "new_connection" });
    const roomy = openSession((await emulate()).url).session;
    const { items: more } = await answerTo(roomy, { model: "m", input: first });
    const fork = roomy.fork();
    await answerTo(roomy, asking("two", [...first, ...more]));
    await (await fork.stream(asking("three", [...first, ...more]))).collect();
    expect(fork.cache.last?.whole).toEqual({ reason: "source_went_on" });
  });

  // parity: session/steady-fields
  it("fields that always change with the turn are not a reason", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const history: ResponseItem[] = [];
    for (const turn of ["one", "two", "three"]) {
      history.push(...asking(turn).input);
      const { items, responseId } = await answerTo(session, {
        model: "m",
        input: history,
        metadata: { turn },
        stream_options: { include_obfuscation: turn === "two" },
        prompt_cache_options: { mode: "implicit", comparison_response_id: `resp_${turn}` },
      });
      expect(responseId).toBeDefined();
      history.push(...items);
    }
    expect(session.cache.whole).toEqual({ first_request: 1 });
    expect(bodiesAt(emulator).map(({ metadata }) => metadata)).toEqual([
      { turn: "one" },
      { turn: "two" },
      { turn: "three" },
    ]);
    await answerTo(session, { model: "m", input: history, prompt_cache_options: { mode: "explicit" } });
    expect(session.cache.last?.whole).toEqual({ reason: "field_changed", field: "prompt_cache_options" });
  });
});

describe("a server that announces its largest message", () => {
  it("gets larger requests over HTTP, including the first one", async () => {
    const emulator = await emulate({ maxFrameBytes: 5_000, announceMaxFrameBytes: true });
    const { session } = openSession(emulator.url);
    const large = { model: "m", input: [user(`repeat: one ${" ".repeat(10_000)}`)] };
    await answerTo(session, large);
    await answerTo(session, asking("two"));
    await answerTo(session, large);
    expect(kindsOf(emulator)).toEqual(["handshake", "http", "frame", "http"]);
    expect(session.carrier).toBe("websocket");
  });

  it("gets none if no other carrier may be used", async () => {
    const emulator = await emulate({ maxFrameBytes: 5_000, announceMaxFrameBytes: true });
    const { session } = openSession(emulator.url, { carrier: "websocket" });
    const large = { model: "m", input: [user("x".repeat(10_000))] };
    await expect(session.stream(large)).rejects.toMatchObject({ kind: "build" });
    expect((await answerTo(session, asking("two"))).text).toBe("two");
    expect(kindsOf(emulator)).toEqual(["handshake", "frame"]);
  });
});
