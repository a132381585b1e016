import { describe, expect, it } from "vitest";
import { ofType, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, RawSocket, stream } from "./raw-client.ts";
import { socketFor } from "./support.ts";

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
