import { describe, expect, it } from "vitest";
import { encodeResponsesRequest } from "../../../src/api/wire/requests.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { answerTo, asking, handshakesAt, kindsOf, openSession, run } from "./support.ts";

const eventStream = { "content-type": "text/event-stream" };
const completed = 'data: {"type":"response.completed","response":{"id":"r"}}\n\n';

describe("a WebSocket that cannot be opened (parity: session/fallback-after-one)", () => {
  it.each<[string, Step]>([
    ["426", { refuse: { status: 426 } }],
    ["400", { refuse: { status: 400, body: { error: { message: "no" } } } }],
    ["403", { refuse: { status: 403 } }],
    ["404", { refuse: { status: 404 } }],
    ["500", { refuse: { status: 500 } }],
    ["503, at capacity", { refuse: { status: 503, body: { error: { code: "server_is_overloaded" } } } }],
    ["a redirect", { refuse: { status: 302, headers: { location: "/elsewhere" } } }],
    ["a reset", { refuse: "reset" }],
    ["no answer", { refuse: "stall" }],
  ])("%s: one handshake, then HTTP in the same call, and in all later ones", async (_what, step) => {
    const emulator = await emulate({ script: [step] });
    const isStalled = step.refuse === "stall"; // the others are not to be late on a slow machine
    const { session, notices } = openSession(emulator.url, {}, isStalled ? { connectTimeoutMs: 500 } : {});
    expect(session.carrier).toBe("websocket");
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(session.carrier).toBe("http");
    expect(notices).toMatchObject([{ layer: "fallback", delayMs: 0, reason: { kind: expect.any(String) } }]);
    session.startTurn();
    await answerTo(session, asking("two"));
    expect(kindsOf(emulator)).toEqual(["handshake", "http", "http"]);
  });

  it("a proxy that opens no tunnel, but forwards HTTP, costs one attempt", async () => {
    const proxy = await serve((_request, response) => void response.writeHead(200, eventStream).end(completed));
    const { session, notices } = openSession("http://127.0.0.1:9/v1", {}, { proxy: proxy.url });
    expect((await answerTo(session, asking("one"))).responseId).toBe("r");
    expect(notices).toMatchObject([{ layer: "fallback", reason: { kind: "network", phase: "proxy" } }]);
    expect(proxy.requests.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("an unknown host is also tried over HTTP, and the caller gets the error", async () => {
    const { session, notices } = openSession(
      "http://no-such-host.invalid/v1",
      {},
      { maxStreamRetries: 0, retry: { maxRetries: 0 } },
    );
    const { error } = await run(session, asking("one"));
    expect(error).toMatchObject({ kind: "network", phase: "dns" });
    expect(notices).toMatchObject([{ layer: "fallback" }]);
  });

  it("a certificate that is not trusted is not retried on either carrier", async () => {
    const emulator = await emulate({ tls: true });
    const { session, notices } = openSession(emulator.url, {}, { retry: { maxRetries: 3 } });
    const { error } = await run(session, asking("one"));
    expect(error).toMatchObject({ kind: "network", phase: "tls" });
    expect(notices.map(({ layer }) => layer)).toEqual(["fallback"]);
  });

  it("a server that answers handshakes with a page gets HTTP", async () => {
    const served = await serve((request, response) => {
      if (request.method === "GET") response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>");
      else response.writeHead(200, eventStream).end(completed);
    });
    const { session } = openSession(served.url);
    expect((await answerTo(session, asking("one"))).responseId).toBe("r");
    expect(served.requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
  });

  it("429 is the caller's error, because HTTP would get it too", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 429 } }] });
    const { session } = openSession(emulator.url);
    expect((await run(session, asking("one"))).error).toMatchObject({ kind: "rate_limit" });
    expect(session.carrier).toBe("websocket");
    expect(kindsOf(emulator)).toEqual(["handshake"]);
  });

  it("429 with a delay is retried after it", async () => {
    const emulator = await emulate({ script: [{ refuse: { status: 429, headers: { "retry-after-ms": "7" } } }] });
    const { session, notices } = openSession(emulator.url);
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(notices).toMatchObject([{ layer: "stream", retry: 1, delayMs: 7, reason: { status: 429 } }]);
    expect(handshakesAt(emulator)).toHaveLength(2);
  });

  // parity: session/wrong-key
  it("401 is the caller's error, because HTTP would use the same key", async () => {
    const emulator = await emulate({ script: () => ({ refuse: { status: 401 } }) });
    const { session, notices } = openSession(emulator.url);
    expect((await run(session, asking("one"))).error).toMatchObject({ kind: "http", status: 401 });
    expect(notices).toEqual([]);
    expect(kindsOf(emulator)).toEqual(["handshake"]);
  });

  it("is an error after its retries if only a WebSocket may be used", async () => {
    const emulator = await emulate({ script: () => ({ refuse: { status: 503 } }) });
    const { session } = openSession(emulator.url, { carrier: "websocket" }, { maxStreamRetries: 2 });
    expect((await run(session, asking("one"))).error).toMatchObject({ kind: "http", status: 503 });
    expect(kindsOf(emulator)).toEqual(["handshake", "handshake", "handshake"]);
    expect(session.carrier).toBe("websocket");
  });

  it("is not an error of preconnect()", async () => {
    const emulator = await emulate({ websockets: false });
    const { session, notices } = openSession(emulator.url);
    await session.preconnect();
    expect(session.carrier).toBe("http");
    expect(notices).toMatchObject([{ layer: "fallback" }]);
  });

  it("is an error of preconnect() if only a WebSocket may be used", async () => {
    const emulator = await emulate({ websockets: false });
    const { session } = openSession(emulator.url, { carrier: "websocket" });
    await expect(session.preconnect()).rejects.toMatchObject({ kind: "http", status: 426 });
  });
});

describe("which carrier", () => {
  it.each([
    ["auto", true, "websocket"],
    ["auto", false, "http"],
    ["http", true, "http"],
    ["websocket", false, "websocket"],
  ] as const)("%s, where the provider's supportsWebSockets is %s, is %s", async (carrier, supportsWebSockets, used) => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier }, { supportsWebSockets });
    expect(session.carrier).toBe(used);
    await answerTo(session, asking("one"));
    expect(kindsOf(emulator)).toEqual(used === "http" ? ["http"] : ["handshake", "frame"]);
  });
});

describe("a request too large for a frame (parity: websocket/oversized-request)", () => {
  const large = asking("one", [
    { type: "message", role: "user", content: [{ type: "input_text", text: "x".repeat(70_000) }] },
  ]);

  it("is sent over HTTP, and the next one over the WebSocket again", async () => {
    const emulator = await emulate({ maxFrameBytes: 64 * 1024 });
    const { session, notices } = openSession(emulator.url, { maxFrameBytes: 64 * 1024 });
    const first = await answerTo(session, asking("one"));
    expect((await answerTo(session, large)).text).toBe("one");
    expect(session.carrier).toBe("websocket");
    await answerTo(session, asking("two", [...asking("one").input, ...first.items]));
    expect(kindsOf(emulator)).toEqual(["handshake", "frame", "http", "frame"]);
    expect(emulator.requests[3]?.json).toMatchObject({ previous_response_id: first.responseId });
    expect(notices).toEqual([]);
  });

  it("opens no WebSocket", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { maxFrameBytes: 64 * 1024 });
    await session.prewarm(large);
    await answerTo(session, large);
    expect(kindsOf(emulator)).toEqual(["http"]);
  });

  it("is a build error if only a WebSocket may be used", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier: "websocket", maxFrameBytes: 64 * 1024 });
    expect((await run(session, large)).error).toMatchObject({
      kind: "build",
      message: expect.stringContaining("65536"),
    });
    expect(emulator.requests).toEqual([]);
  });

  it("includes what is added when it is sent", async () => {
    const emulator = await emulate({ maxFrameBytes: 64 * 1024 });
    const { session } = openSession(emulator.url, { maxFrameBytes: 64 * 1024 });
    const bare = encodeResponsesRequest({ ...asking("one"), prompt_cache_key: session.conversationId });
    const instructions = "x".repeat(64 * 1024 - Buffer.byteLength(JSON.stringify(bare)) - 100);
    const traceContext = { traceparent: `00-${"1".repeat(32)}-${"1".repeat(16)}-01`, tracestate: "a=b".repeat(100) };
    expect((await answerTo(session, { ...asking("one"), instructions }, { traceContext })).text).toBe("one");
    expect(kindsOf(emulator)).toEqual(["http"]);
  });

  it("is sent as an increment if only that fits", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { maxFrameBytes: 8 * 1024 });
    const history = [...asking("one").input];
    for (let turn = 0; turn < 12; turn += 1) {
      const { items } = await answerTo(session, { model: "m", input: history });
      history.push(...items, ...asking(`${turn} ${"word ".repeat(100)}`).input);
    }
    expect(JSON.stringify(history).length).toBeGreaterThan(8 * 1024);
    expect(kindsOf(emulator)).not.toContain("http");
  });
});
