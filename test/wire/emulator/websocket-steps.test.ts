import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { Step } from "../../../src/emulator/index.ts";
import { RawSocket } from "./raw-client.ts";
import { socketFor } from "./support.ts";

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
    expect(await socket.closed).toEqual({ code: 1011, reason: "the emulator's script failed: no idea" });
  });

  it("says of a long failure as much as a close frame holds", async () => {
    const { socket } = await socketFor({
      script: ({ kind }) => (kind === "frame" ? Promise.reject(new Error(`a${"é".repeat(100)}`)) : undefined),
    });
    socket.create({});
    expect((await socket.closed).reason).toBe(`the emulator's script failed: a${"é".repeat(46)}`);
  });
});
