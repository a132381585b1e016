import { describe, expect, it } from "vitest";
import { abortListeners, failureOf, watchHandles } from "../proxy/support.ts";
import { connect } from "./pair.ts";
import { frame, opcode } from "./raw-server.ts";

describe("upkeep", () => {
  it("pings of the server are answered even if nothing is sent or expected", async () => {
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

  it("our pings are sent at the interval, and pongs keep the connection alive (parity: websocket/ping)", async () => {
    const { connection, peer } = await connect({ pingIntervalMs: 50, livenessTimeoutMs: 600 });
    for (let count = 0; count < 15; count += 1) {
      const ping = await peer.nextFrame();
      expect(ping).toMatchObject({ opcode: opcode.ping, masked: true });
      peer.socket.write(frame(opcode.pong, ping.payload));
    }
    expect(connection.isClosed).toBe(false);
  });

  it("a peer that answers no ping counts as dead, and the connection is closed", async () => {
    const { connection, heard, peer } = await connect({ pingIntervalMs: 50, livenessTimeoutMs: 120 });
    const startedAt = performance.now();
    expect(await heard.ended).toEqual({ by: "silence", timeoutMs: 120 });
    expect(performance.now() - startedAt).toBeGreaterThan(100);
    expect(connection.isClosed).toBe(true);
    await peer.closed;
  });

  it("any byte is a sign of life, as of a large message that arrives slowly", async () => {
    const { heard, peer } = await connect({ pingIntervalMs: 100, livenessTimeoutMs: 400 });
    const bytes = frame(opcode.text, "x".repeat(400));
    for (let start = 0; start < bytes.length; start += 50) {
      peer.socket.write(bytes.subarray(start, start + 50));
      await peer.nextFrame(); // one ping of ours
    }
    await heard.texted(1);
    expect(heard.texts[0]).toHaveLength(400);
  });

  it("a paused connection is not watched, and continues when it is resumed", async () => {
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

  it("does not count as dead while the message is being sent", async () => {
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

  it("a reset meanwhile fails the message", async () => {
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
