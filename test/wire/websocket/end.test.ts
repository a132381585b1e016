import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { failureOf } from "../proxy/support.ts";
import { connect } from "./pair.ts";
import { closeFrame, frame, opcode } from "./raw-server.ts";

describe("the end", () => {
  it.each([
    [1000, "bye"],
    [1009, "too big"],
    [1011, ""],
  ])(
    "close frame %i is reported at once with code and reason, although the server keeps TCP open",
    async (code, reason) => {
      const { heard, peer } = await connect();
      const startedAt = performance.now();
      peer.socket.pause(); // it does not see that we leave
      peer.socket.write(closeFrame(code, reason));
      expect(await heard.ended).toEqual({ by: "peer", code, reason });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
      peer.socket.resume();
      expect((await peer.nextFrame()).opcode).toBe(opcode.close);
      await peer.closed;
    },
  );

  it("a close frame without a code is 1005", async () => {
    const { heard, peer } = await connect();
    peer.socket.write(frame(opcode.close));
    expect(await heard.ended).toEqual({ by: "peer", code: 1005, reason: "" });
  });

  it("without a close frame is an end by the network, with the code of a reset", async () => {
    const first = await connect();
    first.peer.socket.end();
    expect(await first.heard.ended).toEqual({ by: "network", error: undefined });
    const second = await connect();
    second.peer.socket.resetAndDestroy();
    expect(await second.heard.ended).toMatchObject({ by: "network", error: { code: "ECONNRESET" } });
  });

  it("a reset of an idle connection is noticed without an error (parity: websocket/idle-death)", async () => {
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
  it("close() sends a close frame, waits for the answer, and may be called twice", async () => {
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

  it("leaves nothing on the socket if many requests begin and end before it is noticed", async () => {
    const { connection } = await connect();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    connection.terminate();
    for (let count = 0; count < 20; count += 1) {
      connection.ref();
      connection.unref();
    }
    await new Promise(setImmediate);
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("terminate() ends it without a close frame", async () => {
    const { connection, heard, peer } = await connect();
    connection.terminate();
    expect(await heard.ended).toEqual({ by: "us" });
    await peer.closed;
    expect(peer.frames).toEqual([]);
  });
});
