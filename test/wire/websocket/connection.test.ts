import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { createDeflateRaw, createInflateRaw, constants as zlib } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { WebSocketConnection } from "../../../src/client/websocket/index.ts";
import { abortListeners, failureOf, watchHandles } from "../proxy/support.ts";
import { closeFrame, frame, opcode, type RawPeer, type RawServerOptions, serveRaw } from "./raw-server.ts";
import { type Heard, listen, open } from "./support.ts";

interface Pair {
  readonly connection: WebSocketConnection;
  readonly heard: Heard;
  readonly peer: RawPeer;
}

/** A connection that listens, and its other end. */
async function connect(options: Parameters<typeof open>[1] = {}, server: RawServerOptions = {}): Promise<Pair> {
  const peers: RawPeer[] = [];
  const served = await serveRaw((peer) => peers.push(peer), server);
  const connection = await open(served.url, options);
  const [peer] = peers;
  if (!peer) throw new Error("no peer");
  return { connection, heard: listen(connection), peer };
}

const deflated = { lines: ["Sec-WebSocket-Extensions: permessage-deflate"] };

describe("frames that go out", () => {
  it("a message is one masked text frame, however long", async () => {
    const { connection, peer } = await connect();
    await connection.send("Hé");
    expect(await peer.nextFrame()).toMatchObject({
      fin: true,
      rsv1: false,
      opcode: 1,
      masked: true,
      payload: Buffer.from("48c3a9", "hex"),
    });
    const long = "x".repeat(300_000);
    await connection.send(long);
    const { payload, ...rest } = await peer.nextFrame();
    expect(rest).toMatchObject({ fin: true, opcode: 1, masked: true });
    expect(payload.toString()).toBe(long);
    expect(peer.frames).toHaveLength(2);
  });

  it("with permessage-deflate RSV1 is set, and a history sent again costs next to nothing", async () => {
    const { connection, peer } = await connect({}, deflated);
    const history = Array.from({ length: 400 }, (_, index) => `item ${index * 7919}`).join(" ");
    await connection.send(history);
    await connection.send(`${history} more`);
    const first = await peer.nextFrame();
    const second = await peer.nextFrame();
    expect([first.rsv1, second.rsv1]).toEqual([true, true]);
    expect(second.size).toBeLessThan(first.size / 10);
    const inflate = createInflateRaw({ finishFlush: zlib.Z_SYNC_FLUSH });
    inflate.end(
      Buffer.concat([first.payload, Buffer.from("0000ffff", "hex"), second.payload, Buffer.from("0000ffff", "hex")]),
    );
    const texts: Buffer[] = [];
    for await (const chunk of inflate) texts.push(chunk as Buffer);
    expect(Buffer.concat(texts).toString()).toBe(`${history}${history} more`);
  });
});

describe("frames that come in", () => {
  it("text, in fragments and one byte a packet, with a ping between", async () => {
    const { heard, peer } = await connect();
    const bytes = Buffer.concat([
      frame(opcode.text, Buffer.from("48c3", "hex"), 0),
      frame(opcode.ping, "p"),
      frame(0, Buffer.from("a9", "hex")),
    ]);
    for (const byte of bytes) peer.socket.write(Buffer.from([byte]));
    await heard.texted(1);
    expect(heard.texts).toEqual(["Hé"]);
    expect(await peer.nextFrame()).toMatchObject({ opcode: opcode.pong, masked: true, payload: Buffer.from("p") });
  });

  it("compressed text with context takeover", async () => {
    const { heard, peer } = await connect({}, deflated);
    const deflate = createDeflateRaw();
    for (const text of ["hello hello hello", "hello hello hello again"]) {
      deflate.write(text);
      deflate.flush(zlib.Z_SYNC_FLUSH);
      const chunks: Buffer[] = [];
      while (!Buffer.concat(chunks).subarray(-4).equals(Buffer.from("0000ffff", "hex"))) {
        chunks.push(deflate.read() ?? (await once(deflate, "readable").then(() => Buffer.alloc(0))));
      }
      peer.socket.write(frame(opcode.text, Buffer.concat(chunks).subarray(0, -4), 0xc0));
    }
    await heard.texted(2);
    expect(heard.texts).toEqual(["hello hello hello", "hello hello hello again"]);
  });

  it("a message of 10 MB", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.text, "ü".repeat(5_000_000)));
    await heard.texted(1);
    expect(heard.texts[0] === "ü".repeat(5_000_000)).toBe(true);
  });

  it("a binary message is handed over apart, and text goes on", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(Buffer.concat([frame(opcode.binary, Buffer.from([1, 2])), frame(opcode.text, "after")]));
    await heard.texted(1);
    expect(heard.binaries).toEqual([Buffer.from([1, 2])]);
  });

  it.each([
    { what: "a reserved bit", bytes: frame(opcode.text, "x", 0xa0), message: /RSV2 and RSV3/ },
    { what: "a masked frame", bytes: Buffer.from("818100000000ff", "hex"), message: /MASK must be clear/ },
    { what: "text that is not UTF-8", bytes: frame(opcode.text, Buffer.from("61ff62", "hex")), message: /not UTF-8/ },
    {
      what: "a message over the limit",
      bytes: frame(opcode.text, "x".repeat(2_000)),
      message: /larger than 1000 bytes/,
    },
  ])("$what ends the connection with its reason", async ({ bytes, message }) => {
    const { heard, peer, connection } = await connect({ maxMessageBytes: 1_000 });
    peer.socket.write(bytes);
    const end = await heard.ended;
    expect(end).toMatchObject({ by: "network", error: { message: expect.stringMatching(message) as string } });
    expect(connection.isClosed).toBe(true);
    expect(heard.texts).toEqual([]);
    await peer.closed;
  });

  it.each([opcode.text, opcode.binary])(
    "a sink that throws at one, of opcode %i, breaks the connection and nothing else",
    async (code) => {
      const peers: RawPeer[] = [];
      const connection = await open((await serveRaw((peer) => peers.push(peer))).url);
      const thrown = new RangeError("too deep");
      const fail = (): never => {
        throw thrown;
      };
      const ended = new Promise((resolve) => connection.attach({ text: fail, binary: fail, ended: resolve }));
      peers[0]?.socket.write(frame(code, "x"));
      expect(await ended).toEqual({ by: "network", error: thrown });
      await peers[0]?.closed;
    },
  );

  it("U+FFFD that the sender wrote is text like any other", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.text, "a\u{fffd}b"));
    await heard.texted(1);
    expect(heard.texts).toEqual(["a\u{fffd}b"]);
  });
});

describe("the end", () => {
  it.each([
    [1000, "bye"],
    [1009, "too big"],
    [1011, ""],
  ])("close frame %i tells code and reason, at once, though the server leaves TCP open", async (code, reason) => {
    const { heard, peer } = await connect();
    const startedAt = performance.now();
    peer.socket.pause(); // it does not see that we leave
    peer.socket.write(closeFrame(code, reason));
    expect(await heard.ended).toEqual({ by: "peer", code, reason });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    peer.socket.resume();
    expect((await peer.nextFrame()).opcode).toBe(opcode.close);
    await peer.closed;
  });

  it("a close frame without a code is 1005", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.close));
    expect(await heard.ended).toEqual({ by: "peer", code: 1005, reason: "" });
  });

  it("without a close frame it was the network; a reset says so", async () => {
    const first = await connect();
    first.peer.socket.end();
    expect(await first.heard.ended).toEqual({ by: "network", error: undefined });
    const second = await connect();
    second.peer.socket.resetAndDestroy();
    expect(await second.heard.ended).toMatchObject({ by: "network", error: { code: "ECONNRESET" } });
  });

  it("a reset of an idle connection is noticed and harms nobody (parity: websocket/idle-death)", async () => {
    const { connection, heard, peer } = await connect();
    await connection.send("one");
    await peer.nextFrame();
    peer.socket.resetAndDestroy();
    await heard.ended;
    expect(connection.isClosed).toBe(true);
    expect(await failureOf(connection.send("two"))).toMatchObject({
      kind: "stream",
      message: "websocket connection is closed",
    });
  });

  // parity: websocket/goodbye
  it("close() says goodbye, waits for the answer, and may be called twice", async () => {
    const { connection, heard, peer } = await connect();
    const closings = Promise.all([connection.close(), connection.close()]);
    const { opcode: code, payload } = await peer.nextFrame();
    expect([code, payload.readUInt16BE()]).toEqual([opcode.close, 1000]);
    expect(connection.isClosed).toBe(true);
    peer.socket.write(frame(opcode.text, "late"));
    const cut = peer.closed.then(() => "cut");
    expect(await Promise.race([cut, delay(100, "still open")])).toBe("still open");
    peer.socket.end(closeFrame(1000));
    await closings;
    expect(await heard.ended).toEqual({ by: "us" });
    expect(heard.texts).toEqual([]);
    await connection.close();
  });

  it("close() of a paused connection still reads the answer", async () => {
    const { connection, peer } = await connect();
    connection.pause();
    const startedAt = performance.now();
    const closing = connection.close();
    await peer.nextFrame();
    peer.socket.end(closeFrame(1000));
    await closing;
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it("close() waits 2 s for a server that does not answer, paused or not", async () => {
    const { connection, peer } = await connect();
    connection.pause();
    const startedAt = performance.now();
    await connection.close();
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await peer.closed;
  });

  it("terminate() ends it without a word", async () => {
    const { connection, heard, peer } = await connect();
    connection.terminate();
    expect(await heard.ended).toEqual({ by: "us" });
    await peer.closed;
    expect(peer.frames).toEqual([]);
  });
});

describe("upkeep", () => {
  it("pings of the server are answered while nobody sends or waits", async () => {
    const { peer } = await connect();
    for (const payload of ["", "a", "x".repeat(125)]) {
      peer.socket.write(frame(opcode.ping, payload));
      expect(await peer.nextFrame()).toMatchObject({
        opcode: opcode.pong,
        masked: true,
        payload: Buffer.from(payload),
      });
    }
  });

  it("pings of ours go out in the interval, and pongs keep the connection alive (parity: websocket/ping)", async () => {
    const { connection, peer } = await connect({ pingIntervalMs: 50, livenessTimeoutMs: 600 });
    for (let count = 0; count < 15; count += 1) {
      const ping = await peer.nextFrame();
      expect(ping).toMatchObject({ opcode: opcode.ping, masked: true });
      peer.socket.write(frame(opcode.pong, ping.payload));
    }
    expect(connection.isClosed).toBe(false);
  });

  it("a peer that answers no ping is found dead, and the connection cut", async () => {
    const { connection, heard, peer } = await connect({ pingIntervalMs: 50, livenessTimeoutMs: 120 });
    const startedAt = performance.now();
    expect(await heard.ended).toEqual({ by: "silence", timeoutMs: 120 });
    expect(performance.now() - startedAt).toBeGreaterThan(100);
    expect(connection.isClosed).toBe(true);
    await peer.closed;
  });

  it("any byte is a sign of life: a large message that trickles in", async () => {
    const { heard, peer } = await connect({ pingIntervalMs: 100, livenessTimeoutMs: 400 });
    const bytes = frame(opcode.text, "x".repeat(400));
    for (let start = 0; start < bytes.length; start += 50) {
      peer.socket.write(bytes.subarray(start, start + 50));
      await peer.nextFrame(); // one ping of ours
    }
    await heard.texted(1);
    expect(heard.texts[0]).toHaveLength(400);
  });

  it("a paused connection is not judged, and reads on when resumed", async () => {
    const { connection, heard, peer } = await connect({ pingIntervalMs: 20, livenessTimeoutMs: 40 });
    connection.pause();
    peer.socket.write(frame(opcode.text, "waiting"));
    for (let pings = 0; pings < 6; pings += 1) await peer.nextFrame();
    expect(heard.texts).toEqual([]);
    connection.resume();
    await heard.texted(1);
    expect(heard.texts).toEqual(["waiting"]);
  });

  it("leaves no timer, listener or socket", async () => {
    const isBack = watchHandles();
    const controller = new AbortController();
    const { connection, peer } = await connect({ signal: controller.signal });
    await connection.send("x", { timeoutMs: 10_000, signal: controller.signal });
    connection.terminate();
    await peer.closed;
    peer.socket.destroy();
    expect(abortListeners(controller.signal)).toBe(0);
    await isBack();
  });
});

describe("sending against a peer that does not read", () => {
  const large = "x".repeat(30_000_000);

  it("times out, and the connection is gone", async () => {
    const { connection, heard, peer } = await connect({ compression: false });
    peer.socket.pause();
    const error = await failureOf(connection.send(large, { timeoutMs: 100 }));
    expect(error).toMatchObject({
      kind: "timeout",
      phase: "idle",
      timeoutMs: 100,
      message: "idle timeout sending websocket request",
    });
    expect(await heard.ended).toEqual({ by: "us" });
    peer.socket.resume();
    await peer.closed;
  });

  it("is not taken for dead while the message is on its way", async () => {
    const { connection, peer } = await connect({ compression: false, pingIntervalMs: 10, livenessTimeoutMs: 20 });
    peer.socket.pause();
    const error = await failureOf(connection.send(large, { timeoutMs: 200 }));
    expect(error).toMatchObject({ kind: "timeout", timeoutMs: 200 });
  });

  it("an abort ends it at once", async () => {
    const controller = new AbortController();
    const { connection, peer } = await connect({ compression: false });
    peer.socket.pause();
    const sending = failureOf(connection.send(large, { signal: controller.signal, timeoutMs: 60_000 }));
    controller.abort("stop");
    expect(await sending).toMatchObject({ kind: "aborted", cause: "stop" });
    expect(abortListeners(controller.signal)).toBe(0);
    peer.socket.resume();
    await peer.closed;
  });

  it("a reset meanwhile fails it", async () => {
    const { connection, peer } = await connect({ compression: false });
    peer.socket.pause();
    const sending = failureOf(connection.send(large));
    peer.socket.resetAndDestroy();
    expect(await sending).toMatchObject({
      kind: "stream",
      message: expect.stringMatching(/^failed to send websocket request: /) as string,
    });
  });
});

describe("a message in tiny pieces", () => {
  const fragment = (code: number, bits = 0): Buffer => frame(code, "x", bits);

  it("is taken whole up to 65,536 of them", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(
      Buffer.concat([fragment(opcode.text), ...Array<Buffer>(65_534).fill(fragment(0)), fragment(0, 0x80)]),
    );
    await heard.texted(1);
    expect(heard.texts[0]).toHaveLength(65_536);
  });

  it("ends the connection by a limit of its own kind beyond that", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(Buffer.concat([fragment(opcode.text), ...Array<Buffer>(65_536).fill(fragment(0))]));
    expect(await heard.ended).toMatchObject({
      by: "network",
      error: { kind: "limit", what: "message", limit: 65_536, unit: "fragments" },
    });
  });
});
