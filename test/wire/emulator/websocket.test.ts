import { once } from "node:events";
import net from "node:net";
import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/emulator/index.ts";
import { ofType, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, RawSocket, refusal, stream } from "./raw-client.ts";

async function socketFor(options: Parameters<typeof emulator>[0] = {}, headers: Record<string, string> = {}) {
  const server = await emulator(options);
  const socket = new RawSocket(server.url, { headers });
  await socket.opened();
  return { server, socket };
}

describe("a handshake", () => {
  it("is answered with what clients read from it, and with permessage-deflate when it is to compress", async () => {
    const { socket } = await socketFor({ turnState: true, serverModel: "gpt-5.5", compressFrames: true });
    expect(await socket.handshakeHeaders).toMatchObject({
      "x-reasoning-included": "true",
      "x-models-etag": expect.any(String),
      "openai-model": "gpt-5.5",
      "x-codex-turn-state": expect.any(String),
      "x-request-id": expect.any(String),
      "sec-websocket-extensions": "permessage-deflate",
    });
  });

  it("is recorded, and its frames with it", async () => {
    const { server, socket } = await socketFor({}, { "session-id": "s1" });
    await socket.response({ input: "hello" });
    const [handshake, frame] = server.requests;
    expect(handshake).toMatchObject({ kind: "handshake", method: "GET", path: "/v1/responses", connection: 1 });
    expect(handshake?.headers["session-id"]).toBe("s1");
    expect(frame).toMatchObject({ kind: "frame", connection: 1, json: { type: "response.create", input: "hello" } });
    expect(server.requests).toHaveLength(2);
  });

  it.each<[string, Step, number]>([
    ["a status alone", { refuse: { status: 426 } }, 426],
    ["no status", { refuse: {} }, 400],
  ])("is refused by a step with %s", async (_name, step, status) => {
    const { url } = await emulator({ script: [step] });
    expect((await refusal(url)).status).toBe(status);
  });

  it("is refused with headers and a body", async () => {
    const refuse = {
      status: 503,
      headers: { "retry-after": "2", "set-cookie": ["a", "b"] },
      body: { error: { code: "slow_down" } },
    };
    const { url } = await emulator({ script: [{ refuse }] });
    const refused = await refusal(url);
    expect(refused.headers).toMatchObject({
      "retry-after": "2",
      "set-cookie": ["a", "b"],
      "content-type": "application/json",
    });
    expect(JSON.parse(refused.body)).toEqual(refuse.body);
  });

  it.each<[string, Parameters<typeof emulator>[0], Record<string, string>, number]>([
    ["websockets are off", { websockets: false }, {}, 426],
    ["there is no token", { requireAuth: true }, {}, 401],
    ["the beta header is missing", { requireWebSocketBeta: true }, {}, 400],
  ])("is refused when %s", async (_name, options, headers, status) => {
    const { url } = await emulator(options);
    const refused = await refusal(url, { headers });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("is accepted with the token and the beta header", async () => {
    const headers = { authorization: "Bearer x", "openai-beta": "responses_websockets=2026-02-06" };
    await socketFor({ requireAuth: true, requireWebSocketBeta: true }, headers);
  });

  it("is refused at another address", async () => {
    const { url } = await emulator();
    expect((await refusal(`${url}/other`)).status).toBe(404);
  });

  it("is reset", async () => {
    const { url } = await emulator({ script: [{ refuse: "reset" }] });
    await expect(refusal(url)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("is never answered, until the client leaves", async () => {
    const server = await emulator({ script: [{ refuse: "stall" }] });
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.write("GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    expect((await server.nextRequest()).kind).toBe("handshake");
    socket.end();
    socket.resume();
    await once(socket, "close");
    expect(socket.bytesRead).toBe(0);
  });

  it("is refused by a function with a status as by a list with refuse", async () => {
    const { url } = await emulator({ script: () => ({ status: 503 }) });
    expect((await refusal(url)).status).toBe(503);
  });

  it("has more headers when a step says so", async () => {
    const { socket } = await socketFor({ script: [{ accept: { headers: { "x-extra": "1" } } }] });
    expect((await socket.handshakeHeaders)["x-extra"]).toBe("1");
  });
});

describe("a request on a WebSocket", () => {
  it("is answered with the events of the stream, after the rate limits when a Codex client asks", async () => {
    const { server, socket } = await socketFor({}, { originator: "codex_exec" });
    socket.create({ input: "hello" });
    const limits = [await socket.nextEvent(), await socket.nextEvent()];
    expect(limits).toMatchObject([
      { type: "codex.rate_limits", plan_type: "plus", rate_limits: { primary: { used_percent: 12.5 } } },
      { type: "codex.rate_limits", metered_limit_name: "codex_other" },
    ]);
    const events = await socket.untilEnd();
    expect(typesOf(events)).toEqual(typesOf(await stream(server.url, { input: "hello" })));
  });

  it("warms up with generate false and goes on from that", async () => {
    const { socket } = await socketFor();
    const warm = await socket.response({ input: [], generate: false, store: false });
    expect(typesOf(warm)).toEqual(["response.created", "response.in_progress", "response.completed"]);
    const id = ofType(warm, "response.completed").response.id;
    const next = await socket.response({ input: "I like owls", previous_response_id: id, store: false });
    const last = ofType(next, "response.completed").response.id;
    const recalled = await socket.response({ input: "what did I say?", previous_response_id: last, store: false });
    expect(ofType(recalled, "response.output_text.done").text).toContain("owls");
  });

  it("cannot go on from a response of another connection, nor from an older one", async () => {
    const { server, socket } = await socketFor();
    const first = ofType(await socket.response({ input: "one", store: false }), "response.completed").response.id;
    const second = ofType(await socket.response({ input: "two", store: false }), "response.completed").response.id;
    const other = new RawSocket(server.url);
    await other.opened();
    for (const [where, id] of [
      [socket, first],
      [other, second],
    ] as const) {
      const [error] = await where.response({ input: "x", previous_response_id: id });
      expect(error).toMatchObject({
        type: "error",
        status: 400,
        error: {
          type: "invalid_request_error",
          code: "previous_response_not_found",
          message: expect.stringContaining(id),
        },
      });
    }
    const goneOn = await socket.response({ input: "three", previous_response_id: second });
    expect(goneOn.at(-1)?.type).toBe("response.completed");
  });

  it("that fails takes the response it went on from with it", async () => {
    const { socket } = await socketFor({ script: [{}, { status: 500 }] });
    const id = ofType(await socket.response({ input: "one", store: false }), "response.completed").response.id;
    await socket.response({ input: "two", previous_response_id: id });
    const [error] = await socket.response({ input: "three", previous_response_id: id });
    expect(error?.error.code).toBe("previous_response_not_found");
  });

  it.each<[string, string, object]>([
    ["no JSON", "{", { message: expect.stringContaining("parse") }],
    ["another type", '{"type":"session.update"}', { param: "type", code: "invalid_value" }],
    ["no input", '{"type":"response.create","model":"m"}', { param: "input", code: "missing_required_parameter" }],
  ])("is answered with an error frame for %s, and the connection stays", async (_name, frame, error) => {
    const { socket } = await socketFor();
    socket.websocket.send(frame);
    expect(await socket.nextEvent()).toMatchObject({ type: "error", status: 400, error });
    expect((await socket.response({ input: "hello" })).at(-1)?.type).toBe("response.completed");
  });

  it("waits for the one before it", async () => {
    const { socket } = await socketFor();
    socket.create({ input: "count to 50" });
    socket.create({ input: "17*23" });
    const [first, second] = [await socket.untilEnd(), await socket.untilEnd()];
    expect(new Set(first.filter((event) => event.item_id).map((event) => event.item_id)).size).toBe(1);
    expect(ofType(second, "response.output_text.done").text).toBe("17*23 = 391");
  });

  it("is refused when too many wait already", async () => {
    const { socket } = await socketFor({ script: [{ stallAfterEvents: 0 }], rateLimits: false });
    for (let count = 0; count < 1001; count += 1) socket.create({ input: "hello" });
    expect(await socket.nextEvent()).toMatchObject({ type: "error", status: 429, error: { code: "slow_down" } });
  });

  it("is not the last, however many came before", async () => {
    const { socket } = await socketFor();
    for (let count = 0; count < 20; count += 1) {
      expect((await socket.response({ input: "hello" })).at(-1)?.type).toBe("response.completed");
    }
  });

  it("needs no answer when it only says that a response was processed", async () => {
    const { socket } = await socketFor({ rateLimits: false });
    socket.websocket.send('{"type":"response.processed","response_id":"x"}');
    expect((await socket.response({ input: "hello" }))[0]?.type).toBe("response.created");
  });
});

describe("the limits of a connection", () => {
  it.each([{ connectionLimitMs: 0 }, { connectionMaxRequests: 0 }])("end it with %j", async (limit) => {
    const { socket } = await socketFor(limit);
    const [error] = await socket.response({ input: "hello" });
    expect(error).toMatchObject({ type: "error", status: 400, error: { code: "websocket_connection_limit_reached" } });
    expect((await socket.closed).code).toBe(1000);
  });

  it("allow so many requests first", async () => {
    const { socket } = await socketFor({ connectionMaxRequests: 1 });
    expect((await socket.response({ input: "hello" })).at(-1)?.type).toBe("response.completed");
    expect((await socket.response({ input: "hello" }))[0]?.type).toBe("error");
  });

  it("close it with 1009 for a message that is too large", async () => {
    const { socket } = await socketFor({ maxFrameBytes: 1000 });
    socket.create({ input: "x".repeat(1000) });
    expect((await socket.closed).code).toBe(1009);
  });

  it("let a message of 15 MiB pass and none of 17", async () => {
    const { socket } = await socketFor({ script: [{ events: [{ type: "response.completed" }] }] });
    socket.create({ input: "x".repeat(15 * 1024 * 1024) });
    expect((await socket.untilEnd())[0]?.type).toBe("response.completed");
    socket.create({ input: "x".repeat(17 * 1024 * 1024) });
    expect((await socket.closed).code).toBe(1009);
  });
});

describe("a step on a WebSocket", () => {
  it("sends an error frame for a status", async () => {
    const error = { type: "usage_limit_reached", code: "usage_limit_reached", message: "Enough." };
    const { socket } = await socketFor({
      script: [
        { status: 429, headers: { "retry-after": "3" }, body: { error } },
        { status: 503 },
        { status: 500, body: "oh" },
      ],
    });
    expect(await socket.response({})).toEqual([{ type: "error", status: 429, error, headers: { "retry-after": "3" } }]);
    expect(await socket.response({})).toMatchObject([{ status: 503, error: { message: "status 503" } }]);
    expect(await socket.response({})).toMatchObject([{ status: 500, error: { message: "oh" } }]);
  });

  it("sends its own events and frames", async () => {
    const { socket } = await socketFor({
      script: [{ events: [{ type: "mine" }] }, { frames: ["no JSON", Buffer.from([1, 2, 3])] }],
    });
    socket.create({});
    expect(await socket.nextEvent()).toEqual({ type: "mine" });
    socket.create({});
    expect(await socket.nextMessage()).toEqual({ text: "no JSON", isBinary: false });
    expect(await socket.nextMessage()).toEqual({ text: "\x01\x02\x03", isBinary: true });
  });

  it("sends raw bytes beneath the framing", async () => {
    const { socket } = await socketFor({ script: [{ raw: Buffer.from([0x83, 0x00]) }] });
    socket.create({});
    const [error] = await once(socket.websocket, "error");
    expect(error.message).toContain("invalid opcode 3");
  });

  it("closes with a code and a reason, after all events or after some", async () => {
    const { server, socket } = await socketFor({
      script: [{ close: { code: 1011, reason: "overloaded" } }, { endAfterEvents: 1 }],
      rateLimits: false,
    });
    expect((await socket.response({ input: "hello" })).at(-1)?.type).toBe("response.completed");
    expect(await socket.closed).toEqual({ code: 1011, reason: "overloaded" });
    const again = new RawSocket(server.url);
    await again.opened();
    again.create({ input: "hello" });
    expect((await again.nextEvent()).type).toBe("response.created");
    expect((await again.closed).code).toBe(1000);
    await server.waitForClosedWebSockets(2);
  });

  it.each<[string, Step]>([
    ["terminates", { terminateAfterEvents: 2 }],
    ["resets", { resetAfterEvents: 2 }],
  ])("%s after events, without a close frame", async (_name, step) => {
    const { socket } = await socketFor({ script: [step], rateLimits: false });
    socket.create({ input: "hello" });
    expect([await socket.nextEvent(), await socket.nextEvent()].map((event) => event.type)).toEqual([
      "response.created",
      "response.in_progress",
    ]);
    expect((await socket.closed).code).toBe(1006);
    await expect(socket.nextMessage()).rejects.toThrow();
  });

  it("resets before the first event", async () => {
    const { socket } = await socketFor({ script: [{ resetBeforeHeaders: true }] });
    socket.create({ input: "hello" });
    expect((await socket.closed).code).toBe(1006);
  });

  it.each<[string, Step]>([
    ["before any event", { stallBeforeHeaders: true }],
    ["after none", { stallAfterEvents: 0 }],
  ])("stalls %s, still answering pings and sending its own", async (_name, step) => {
    const { socket } = await socketFor({ script: [{ keepAliveEveryMs: 1, ...step }], rateLimits: false });
    socket.create({ input: "hello" });
    if (!step.stallBeforeHeaders) await once(socket.websocket, "ping");
    socket.websocket.ping("still there?");
    const [payload] = await once(socket.websocket, "pong");
    expect(payload.toString()).toBe("still there?");
  });

  it("cuts a message into fragments", async () => {
    const events = [{ type: "grüße", text: "x".repeat(50) }];
    const { server } = await socketFor({ script: [{ events, chunkBytes: 7 }] });
    const plain = new RawSocket(server.url, { perMessageDeflate: false });
    await plain.opened();
    const received: Buffer[] = [];
    (plain.websocket as unknown as { _socket: NodeJS.EventEmitter })._socket.prependListener("data", (data: Buffer) =>
      received.push(data),
    );
    plain.create({});
    expect(await plain.nextEvent()).toEqual(events[0]);
    const [first = 0, , ...rest] = Buffer.concat(received);
    expect(first).toBe(0x01); // text, not the last fragment
    expect(rest[7]).toBe(0x00); // a continuation
  });

  it("leaves pings unanswered when it is silent", async () => {
    const { socket } = await socketFor({ script: [{ accept: { silent: true } }] });
    let pongs = 0;
    socket.websocket.on("pong", () => (pongs += 1));
    socket.websocket.ping();
    await socket.response({ input: "hello" }); // a pong would have come before this
    expect(pongs).toBe(0);
  });

  it("closes with 1011 when the script fails", async () => {
    const { socket } = await socketFor({
      script: ({ kind }) => (kind === "frame" ? Promise.reject(new Error("no idea")) : undefined),
    });
    socket.create({});
    expect((await socket.closed).code).toBe(1011);
  });
});

it("compresses what it sends when it is to and the client can", async () => {
  const server = await emulator({ rateLimits: false, compressFrames: true });
  const bytesRead = async (perMessageDeflate: boolean) => {
    const socket = new RawSocket(server.url, { perMessageDeflate });
    await socket.opened();
    await socket.response({ input: "hello", instructions: "Be brief. ".repeat(2000) });
    return (socket.websocket as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
  };
  expect(await bytesRead(true)).toBeLessThan((await bytesRead(false)) / 3);
});
