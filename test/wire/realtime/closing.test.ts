import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { recordLog } from "../../support/log-lines.ts";
import { failureOf } from "../proxy/support.ts";
import { closeFrame, frame, opcode } from "../websocket/raw-server.ts";
import { Line, until } from "./support.ts";

const speech = { type: "input_audio_buffer.speech_started" };
const isClosed = { kind: "stream", message: "realtime websocket connection is closed" };
const cannotSend = { kind: "stream", message: expect.stringMatching(/^failed to send realtime request: ./) };

describe("the end of a session", () => {
  it("by the service's close frame is reported after everything that it sent, and stays reported", async () => {
    const line = await Line.open();
    const { connection, peer } = line;
    line.say(speech);
    peer.socket.write(closeFrame(1000, "bye"));
    expect(await connection.nextEvent()).toMatchObject({ type: "input_audio_speech_started" });
    expect(await connection.nextEvent()).toBeUndefined();
    expect(await connection.nextEvent()).toBeUndefined();
    expect(await failureOf(connection.createResponse())).toMatchObject(isClosed);
    await connection.close();
  });

  it("by an abnormal close frame is a normal end in v2", async () => {
    const { connection, peer } = await Line.open({ config: { protocol: "v2" } });
    peer.socket.write(closeFrame(1011, "internal error"));
    expect(await connection.nextEvent()).toBeUndefined();
  });

  it("without a close frame is a normal end in v2", async () => {
    const { connection, peer } = await Line.open({ config: { protocol: "v2" } });
    peer.socket.end();
    expect(await connection.nextEvent()).toBeUndefined();
    expect(connection.isClosed).toBe(true);
  });

  it.each([
    ["a frame that breaks the protocol", (line: Line) => line.peer.socket.write(frame(opcode.text, "x", 0xf0))],
    ["a reset", (line: Line) => line.peer.socket.resetAndDestroy()],
  ])("by %s is reported once, after everything that was sent", async (_what, breakOff) => {
    const line = await Line.open();
    const { connection } = line;
    line.say(speech);
    expect(await connection.nextEvent()).toMatchObject({ type: "input_audio_speech_started" });
    const waiting = failureOf(connection.nextEvent());
    breakOff(line);
    expect(await waiting).toMatchObject({
      kind: "stream",
      message: expect.stringMatching(/^failed to read websocket message: ./),
      cause: expect.any(Error),
    });
    expect(await connection.nextEvent()).toBeUndefined();
    expect(await failureOf(connection.createResponse())).toMatchObject(isClosed);
  });

  it("by a silent peer is a timeout", async () => {
    const { connection } = await Line.open({ provider: { livenessTimeoutMs: 60 } }); // the server answers no ping
    expect(await failureOf(connection.nextEvent())).toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 60 });
    expect(await failureOf(connection.createResponse())).toMatchObject(isClosed);
    expect(await connection.nextEvent()).toBeUndefined();
  });

  it("ends a loop over the events", async () => {
    const line = await Line.open();
    line.say(speech);
    line.peer.socket.write(closeFrame(1000));
    const types: string[] = [];
    for await (const event of line.connection) types.push(event.type);
    expect(types).toEqual(["input_audio_speech_started"]);
  });

  it("fails messages that are sent before it was read, but does not count as closed", async () => {
    const { connection, peer } = await Line.open();
    const gone = once(peer.socket, "close");
    peer.socket.write(closeFrame(1000));
    peer.socket.end();
    await gone;
    await until(() => connection.isClosed);
    expect(await failureOf(connection.createResponse())).toMatchObject(cannotSend);
    expect(await failureOf(connection.append({ data: "" }))).toMatchObject(cannotSend);
    expect(await connection.nextEvent()).toBeUndefined();
    expect(await failureOf(connection.createResponse())).toMatchObject(isClosed);
  });
});

describe("close", () => {
  it("sends one close frame, however often it is called", async () => {
    const { connection, peer } = await Line.open();
    let isClosing = true;
    const closing = connection.close().then(() => {
      isClosing = false;
    });
    await connection.close();
    expect(isClosing).toBe(true);
    const { opcode: code, payload } = await peer.nextFrame();
    expect({ code, reason: payload.readUInt16BE(0) }).toEqual({ code: opcode.close, reason: 1000 });
    peer.socket.write(closeFrame(1000));
    await closing;
    await connection.close();
    expect(peer.frames.filter((each) => each.opcode === opcode.close)).toHaveLength(1);
  });

  it("waits at most 2 s for the service's close frame", async () => {
    const { connection } = await Line.open();
    const startedAt = performance.now();
    await connection.close();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("drops unread events", async () => {
    const line = await Line.open();
    line.say(speech, speech);
    await line.connection.nextEvent();
    void line.connection.close();
    expect(await line.connection.nextEvent()).toBeUndefined();
  });

  it("drops unread events even if the service closed first", async () => {
    const logger = recordLog();
    const line = await Line.open({ client: { logger } });
    line.say(speech);
    line.peer.socket.end(closeFrame(1000));
    await until(() => logger.lines.some(({ message }) => message === "realtime websocket closed"));
    await line.connection.close();
    expect(await line.connection.nextEvent()).toBeUndefined();
  });

  it("rejects sends that still wait", async () => {
    const { connection, peer } = await Line.open();
    peer.socket.pause();
    const frames = Array.from({ length: 60 }, () => connection.append({ data: "A".repeat(256 * 1024) }));
    const late = failureOf(frames.at(-1) as Promise<void>);
    const all = Promise.allSettled(frames);
    void connection.close();
    expect(await late).toMatchObject(isClosed);
    connection.terminate();
    const failures = (await all).filter(({ status }) => status === "rejected");
    expect(failures.length).toBeGreaterThan(28);
  });

  it("ends a wait for the next event", async () => {
    const { connection } = await Line.open();
    const waiting = connection.nextEvent();
    void connection.close();
    expect(await waiting).toBeUndefined();
  });

  it("refuses later sends", async () => {
    const { connection } = await Line.open();
    void connection.close();
    expect(await failureOf(connection.sendConversationItem("x"))).toMatchObject(isClosed);
    expect(await failureOf(connection.writer.sendPayload("x"))).toMatchObject(isClosed);
    expect(connection.isClosed).toBe(true);
  });

  it("is not an error if the service closed first", async () => {
    const { connection, peer } = await Line.open();
    peer.socket.end(closeFrame(1000));
    await connection.nextEvent();
    await connection.close();
  });
});
