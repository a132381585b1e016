import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { ResponsesWebSocketConnection } from "../../../src/api/responses/websocket/connection.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { emulate, readEvents, textOf } from "../../support/clients.ts";
import { abortListeners, failureOf, watchHandles } from "../proxy/support.ts";
import { closeFrame, frame, opcode, type RawPeer, serveRaw } from "./raw-server.ts";
import { connect, wire } from "./responses-support.ts";

const request = { model: "m", input: "repeat: hello" };

/** A step whose answer waits until it is let go. */
function gated(last: object = wire.completed): {
  readonly step: Step;
  readonly begun: Promise<void>;
  readonly letGo: () => void;
} {
  let letGo = (): void => {};
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const events = async function* () {
    yield wire.created;
    begin();
    await gate;
    yield last;
  };
  return { step: { events: events() }, begun, letGo };
}

const completedAs = (id: string) => ({ ...wire.completed, response: { id } });

function framesOf(requests: readonly { readonly kind: string; readonly json: unknown }[]): unknown[] {
  return requests.filter(({ kind }) => kind === "frame").map(({ json }) => (json as { input: unknown }).input);
}

describe("one request at a time", () => {
  it("others wait in order, and none is sent before the last has ended", async () => {
    const first = gated();
    const emulator = await emulate({
      script: [first.step, { events: [completedAs("r2")] }, { events: [completedAs("r3")] }],
    });
    const connection = await connect(emulator.url);
    const running = await connection.streamBody({ input: 1 });
    const { signal } = new AbortController();
    const waiting = [2, 3].map(async (input) => readEvents(await connection.streamBody({ input }, { signal })));
    await first.begun;
    await turn();
    expect(framesOf(emulator.requests)).toEqual([1]);
    first.letGo();
    expect((await readEvents(running)).error).toBeUndefined();
    for (const each of await Promise.all(waiting)) expect(each.error).toBeUndefined();
    expect(framesOf(emulator.requests)).toEqual([1, 2, 3]);
    expect(abortListeners(signal)).toBe(0);
    expect(emulator.requests.filter(({ kind }) => kind === "handshake")).toHaveLength(1);
  });

  it("the next one is sent when the response is complete, whether or not its events were read", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    const unread = await connection.stream(request);
    const { events } = await readEvents(await connection.stream(request));
    expect(textOf(events)).toBe("hello");
    expect(textOf((await readEvents(unread)).events)).toBe("hello");
  });

  it("unread events of the last response do not delay the next one", async () => {
    const large = { ...wire.completed, echo: "x".repeat(300_000) };
    const first = gated(large);
    const silence = async function* () {
      yield await new Promise<never>(() => {});
    };
    const emulator = await emulate({ script: [first.step, { events: silence() }] });
    const connection = await connect(emulator.url, { provider: { streamIdleTimeoutMs: 300 } });
    await connection.streamBody({ input: 1 });
    const waiting = connection.streamBody({ input: 2 });
    await first.begun;
    first.letGo();
    const unread = await waiting;
    // Held back, it would not be timed: its caller does not read.
    await vi.waitFor(() => expect(connection.isClosed).toBe(true), { timeout: 5_000 });
    expect((await readEvents(unread)).error).toMatchObject({ kind: "timeout", phase: "idle" });
  });

  it("an abort while waiting removes that request, and affects neither the running one nor the next", async () => {
    const first = gated();
    const emulator = await emulate({ script: [first.step, { events: [completedAs("r2")] }] });
    const connection = await connect(emulator.url);
    const running = await connection.streamBody({ input: 1 });
    const controller = new AbortController();
    const waiting = failureOf(connection.streamBody({ input: 2 }, { signal: controller.signal }));
    const next = connection.streamBody({ input: 3 });
    controller.abort("changed my mind");
    expect(await waiting).toMatchObject({ kind: "aborted", cause: "changed my mind" });
    expect(abortListeners(controller.signal)).toBe(0);
    first.letGo();
    expect((await readEvents(running)).error).toBeUndefined();
    expect((await readEvents(await next)).error).toBeUndefined();
    expect(framesOf(emulator.requests)).toEqual([1, 3]);
  });

  it("a signal that has fired sends nothing and leaves the connection open", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    expect(await failureOf(connection.stream(request, { signal: AbortSignal.abort() }))).toMatchObject({
      kind: "aborted",
    });
    expect(connection.isClosed).toBe(false);
    expect(framesOf(emulator.requests)).toEqual([]);
  });

  it("an abort before the request is sent leaves the connection to the next", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    const abort = new AbortController();
    const aborted = connection.stream(request, { signal: abort.signal });
    const next = connection.stream(request);
    abort.abort("enough");
    expect(await failureOf(aborted)).toMatchObject({ kind: "aborted", cause: "enough" });
    expect((await (await next).collect()).text).toBe("hello");
    expect(framesOf(emulator.requests)).toHaveLength(1);
  });

  it("waiting requests fail with the connection", async () => {
    const emulator = await emulate({ script: [{ events: [wire.created], close: { code: 1011 } }] });
    const connection = await connect(emulator.url);
    const running = await connection.stream(request);
    const waiting = [failureOf(connection.stream(request)), failureOf(connection.stream(request))];
    await readEvents(running);
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ kind: "stream", message: "websocket connection is closed" });
    expect(framesOf(emulator.requests)).toHaveLength(1);
  });
});

describe("leaving", () => {
  const endless: Step = { stallAfterEvents: 2 };

  async function leaving(
    leave: (connection: ResponsesWebSocketConnection, controller: AbortController) => Promise<unknown>,
  ) {
    const emulator = await emulate({ script: [endless] });
    const connection = await connect(emulator.url);
    const controller = new AbortController();
    const outcome = await leave(connection, controller);
    expect(connection.isClosed).toBe(true);
    await emulator.waitForClosedWebSockets(1);
    expect(abortListeners(controller.signal)).toBe(0);
    return outcome;
  }

  it("the loop early closes the connection, which cancels the generation (parity: stream/leaving-cancels)", async () => {
    await leaving(async (connection) => {
      for await (const _event of await connection.stream(request)) break;
    });
  });

  it("close() of the stream does the same", async () => {
    await leaving(async (connection) => (await connection.stream(request)).close());
  });

  it("an abort ends the loop at once with an aborted error (parity: stream/end-only-after-terminal)", async () => {
    const error = await leaving(async (connection, controller) => {
      const stream = await connection.stream(request, { signal: controller.signal });
      const reading = readEvents(stream);
      controller.abort("enough");
      return (await reading).error;
    });
    expect(error).toMatchObject({ kind: "aborted", cause: "enough" });
  });

  it("an abort before anything was read drops the waiting events", async () => {
    const error = await leaving(async (connection, controller) => {
      const stream = await connection.stream(request, { signal: controller.signal });
      controller.abort();
      const { events, error } = await readEvents(stream);
      expect(events).toEqual([]);
      return error;
    });
    expect(error).toMatchObject({ kind: "aborted" });
  });

  it("an abort while the reader handles a complete answer ends its loop, and the connection stays open", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    const controller = new AbortController();
    const stream = await connection.stream(request, { signal: controller.signal });
    await (await connection.stream(request)).collect(); // the first answer is complete by then
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    controller.abort("enough");
    expect(await failureOf(events.next())).toMatchObject({ kind: "aborted", cause: "enough" });
    expect(connection.isClosed).toBe(false);
  });

  it("close() of the connection fails the response in progress", async () => {
    const error = await leaving(async (connection) => {
      const stream = await connection.stream(request);
      await connection.close();
      return (await readEvents(stream)).error;
    });
    expect(error).toMatchObject({ kind: "stream", message: "websocket connection is closed" });
  });

  it("after the end an abort and a late close() change nothing", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    const controller = new AbortController();
    const stream = await connection.stream(request, { signal: controller.signal });
    expect((await stream.collect()).text).toBe("hello");
    controller.abort();
    await stream.close();
    expect(connection.isClosed).toBe(false);
    expect((await (await connection.stream(request)).collect()).text).toBe("hello");
  });
});

describe("between two responses", () => {
  async function idle(livenessTimeoutMs: number): Promise<{ connection: ResponsesWebSocketConnection; peer: RawPeer }> {
    const peers: RawPeer[] = [];
    const server = await serveRaw((peer) => peers.push(peer));
    const connection = await connect(server.url, { provider: { livenessTimeoutMs } });
    const [peer] = peers;
    if (!peer) throw new Error("no peer");
    return { connection, peer };
  }

  const ends: { how: string; end: (peer: RawPeer) => void }[] = [
    { how: "a reset", end: ({ socket }) => socket.resetAndDestroy() },
    { how: "a close frame", end: ({ socket }) => void socket.write(closeFrame(1001)) },
    {
      how: "the limit's error frame",
      end: ({ socket }) =>
        void socket.write(frame(opcode.text, '{"type":"error","error":{"code":"websocket_connection_limit_reached"}}')),
    },
    { how: "a binary frame", end: ({ socket }) => void socket.write(frame(opcode.binary, "x")) },
    { how: "a bad frame", end: ({ socket }) => void socket.write(Buffer.from("f100", "hex")) },
    { how: "silence", end: () => {} },
  ];
  it.each(ends)(
    "$how closes the connection, and the process lives (parity: websocket/idle-death)",
    async ({ how, end }) => {
      const { connection, peer } = await idle(how === "silence" ? 200 : 60_000);
      end(peer);
      await peer.closed;
      await vi.waitUntil(() => connection.isClosed);
      expect(await failureOf(connection.stream(request))).toMatchObject({
        kind: "stream",
        message: "websocket connection is closed",
      });
    },
  );

  it("remaining events of the last response are dropped, and the next one is complete", async () => {
    const { connection, peer } = await idle(60_000);
    peer.socket.write(frame(opcode.text, JSON.stringify(wire.delta("stale"))));
    peer.socket.write(frame(opcode.ping, "mark"));
    expect(await peer.nextFrame()).toMatchObject({ opcode: opcode.pong });
    const stream = await connection.stream(request);
    peer.socket.write(frame(opcode.text, JSON.stringify(wire.delta("fresh"))));
    peer.socket.write(frame(opcode.text, JSON.stringify(wire.completed)));
    expect((await stream.collect()).text).toBe("fresh");
    expect(connection.isClosed).toBe(false);
  });

  it("three hundred requests on one connection leave no listener, timer or waiting turn behind", async () => {
    const emulator = await emulate({ rateLimits: false, recordLimit: 10 });
    const connection = await connect(emulator.url);
    const controller = new AbortController();
    const ask = async (): Promise<string> =>
      (await (await connection.stream(request, { signal: controller.signal })).collect()).text;
    expect(await ask()).toBe("hello");
    const isBack = watchHandles();
    for (let count = 0; count < 300; count += 1) await ask();
    expect(abortListeners(controller.signal)).toBe(0);
    expect(getEventListeners(process, "exit").length).toBeLessThan(10);
    expect(connection.isClosed).toBe(false);
    expect(emulator.requests.every(({ connection: number }) => number === 1)).toBe(true);
    await isBack();
  });
});

describe("names of lanes", () => {
  it("are at most 32 per connection, because the service never forgets one: another is refused here", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    for (let lane = 1; lane <= 32; lane += 1) {
      const { error } = await readEvents(await connection.stream(request, { streamId: `lane-${lane}` }));
      expect(error).toBeUndefined();
    }
    await expect(connection.stream(request, { streamId: "lane-33" })).rejects.toMatchObject({
      kind: "limit",
      what: "lanes of a connection",
      limit: 32,
    });
    expect((await readEvents(await connection.stream(request, { streamId: "lane-7" }))).error).toBeUndefined();
    expect((await readEvents(await connection.stream(request))).error).toBeUndefined();
    expect(framesOf(emulator.requests)).toHaveLength(34);
  });

  it("are of letters, digits and three signs: others are refused here too", async () => {
    const emulator = await emulate();
    const connection = await connect(emulator.url);
    for (const streamId of ["", "a b", "ä", "x".repeat(257)])
      await expect(connection.stream(request, { streamId })).rejects.toMatchObject({ kind: "build" });
    expect(framesOf(emulator.requests)).toEqual([]);
  });
});
