import { describe, expect, it } from "vitest";
import type { RealtimeWebSocketConnection } from "../../../src/api/realtime/connection/connection.ts";
import type { SkippedEvent } from "../../../src/client/observe/telemetry.ts";
import { failureOf } from "../proxy/support.ts";
import { frame, opcode } from "../websocket/raw-server.ts";
import { Line, nextEvents } from "./support.ts";

const updated = { type: "session.updated", session: { id: "s", instructions: "i" } };
const speech = { type: "input_audio_buffer.speech_started" };

describe("a session", () => {
  it("of v1 sends, receives and hands over as the reference's does", async () => {
    const { connection, say, heard } = await lineOf("v1");
    say(updated);
    expect(await connection.nextEvent()).toEqual({ type: "session_updated", sessionId: "s", instructions: "i" });

    await connection.append({
      data: "AQID",
      sampleRate: 48000,
      numChannels: 1,
      samplesPerChannel: 960,
    } as never);
    await connection.sendConversationItem("hello agent");
    await connection.sendHandoffOutput("handoff_1", "hello from agent");
    expect(await heard()).toEqual({ type: "input_audio_buffer.append", audio: "AQID" });
    expect(await heard()).toEqual({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "text", text: "hello agent" }] },
    });
    expect(await heard()).toEqual({
      type: "conversation.handoff.append",
      handoff_id: "handoff_1",
      output_text: '"Agent Final Message":\n\nhello from agent',
    });

    say(
      { type: "conversation.output_audio.delta", delta: "AQID", sample_rate: 48000, channels: 1 },
      { type: "conversation.input_transcript.delta", delta: "delegate " },
      { type: "conversation.input_transcript.delta", delta: "now" },
      { type: "conversation.output_transcript.delta", delta: "working" },
      { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i", input_transcript: "delegate now" },
    );
    const events = await nextEvents(connection, 5);
    expect(events[0]).toEqual({ type: "audio_out", frame: { data: "AQID", sampleRate: 48000, numChannels: 1 } });
    expect(events[4]).toEqual({
      type: "handoff_requested",
      handoffId: "h",
      itemId: "i",
      inputTranscript: "delegate now",
      activeTranscript: [
        { role: "user", text: "delegate now" },
        { role: "assistant", text: "working" },
      ],
    });
  });

  it.each([
    ["v2", "codex", '"Agent Final Message":\n\ndone'],
    ["v3", "background_agent", "done"],
  ] as const)("of %s reads a handoff from a call and answers it as one", async (protocol, name, output) => {
    const { connection, say, heard } = await lineOf(protocol);
    say({
      type: "conversation.item.done",
      item: { id: "i", type: "function_call", name, call_id: "c", arguments: '{"prompt":"delegate this"}' },
    });
    const event = await connection.nextEvent();
    expect(event).toMatchObject({
      type: "handoff_requested",
      handoffId: "c",
      itemId: "i",
      inputTranscript: "delegate this",
    });
    await connection.sendHandoffOutput("c", "done");
    await connection.createResponse();
    expect(await heard()).toEqual({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: "c", output },
    });
    expect(await heard()).toEqual({ type: "response.create" });
  });

  it("sends a text unchanged, and an object as JSON", async () => {
    const { connection, peer, heard } = await lineOf("v3");
    await connection.sendPayload(' {"type" : "x"}');
    await connection.sendPayload({ type: "response.cancel" });
    expect((await peer.nextFrame()).payload.toString()).toBe(' {"type" : "x"}');
    expect(await heard()).toEqual({ type: "response.cancel" });
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    expect(await failureOf(connection.sendPayload(cyclic))).toMatchObject({ kind: "build" });
  });

  // parity: realtime/whole-api
  it("of v3 changes only the given settings, in wire form too", async () => {
    const { connection, heard } = await lineOf("v3");
    await connection.sendSessionUpdate({ voice: "ash" });
    expect(await heard()).toEqual({
      type: "session.update",
      session: { type: "realtime", audio: { output: { voice: "ash" } } },
    });
    await connection.sendSessionUpdate({
      session: { audio: { input: { turn_detection: null } }, extra: { later: 1 } },
    });
    expect(await heard()).toEqual({
      type: "session.update",
      session: { type: "realtime", audio: { input: { turn_detection: null } }, later: 1 },
    });
  });

  it("of v2 changes its settings one at a time, and keeps the changes", async () => {
    const { connection, heard } = await lineOf("v2");
    await connection.sendSessionUpdate({ instructions: "Be loud." });
    expect(await heard()).toMatchObject({ session: { instructions: "Be loud.", output_modalities: ["audio"] } });
    await connection.sendSessionUpdate({ outputModality: "text", voice: "ash" });
    expect(await heard()).toMatchObject({
      session: { instructions: "Be loud.", output_modalities: ["text"], audio: { output: { voice: "ash" } } },
    });
  });

  it.each<[string, (connection: RealtimeWebSocketConnection) => Promise<void>, object]>([
    ["commit", (connection) => connection.commit(), { type: "input_audio_buffer.commit" }],
    ["clear", (connection) => connection.clear(), { type: "input_audio_buffer.clear" }],
    ["clearOutput", (connection) => connection.clearOutput(), { type: "output_audio_buffer.clear" }],
    ["cancel", (connection) => connection.cancel(), { type: "response.cancel" }],
    [
      "cancel of one response",
      (connection) => connection.cancel("resp_1"),
      { type: "response.cancel", response_id: "resp_1" },
    ],
    [
      "retrieveItem",
      (connection) => connection.retrieveItem("item_1"),
      { type: "conversation.item.retrieve", item_id: "item_1" },
    ],
    [
      "deleteItem",
      (connection) => connection.deleteItem("item_1"),
      { type: "conversation.item.delete", item_id: "item_1" },
    ],
    [
      "truncate",
      (connection) => connection.truncate("item_1", 700),
      { type: "conversation.item.truncate", item_id: "item_1", content_index: 0, audio_end_ms: 700 },
    ],
    [
      "createItem behind another",
      (connection) => connection.createItem({ type: "message", role: "user" } as never, { previousItemId: "root" }),
      { type: "conversation.item.create", item: { type: "message", role: "user" }, previous_item_id: "root" },
    ],
  ])("of v3 sends %s as one message", async (_what, act, message) => {
    const { connection, heard } = await lineOf("v3");
    await act(connection);
    expect(await heard()).toEqual(message);
  });

  it("of v1 has no messages for what only the public API supports (parity: realtime/own-messages)", async () => {
    const { connection } = await lineOf("v1");
    for (const act of [
      connection.deleteItem("i"),
      connection.commit(),
      connection.cancel(),
      connection.createResponse(),
    ])
      expect(await failureOf(act)).toMatchObject({ kind: "build", message: expect.stringContaining("protocol v1") });
  });

  it("adds context as the developer", async () => {
    const { connection, heard } = await lineOf("v3");
    await connection.sendConversationItem("It rains.", { role: "developer" });
    expect(await heard()).toMatchObject({
      item: { role: "developer", content: [{ type: "input_text", text: "It rains." }] },
    });
  });

  it("sends while a reader waits for an event", async () => {
    const { connection, say, heard } = await lineOf("v3");
    const waiting = connection.nextEvent();
    await connection.append({ data: "AA==" });
    expect(await heard()).toEqual({ type: "input_audio_buffer.append", audio: "AA==" });
    say(speech);
    expect(await waiting).toEqual({ type: "input_audio_speech_started" });
  });

  it("works through its reader and writer as well", async () => {
    const { connection, say, heard } = await lineOf("v3");
    const { writer, events } = connection;
    await writer.createResponse();
    expect(await heard()).toEqual({ type: "response.create" });
    say(speech);
    expect(await events.nextEvent()).toEqual({ type: "input_audio_speech_started" });
    void writer.close();
    expect(await events.nextEvent()).toBeUndefined();
    expect(connection.isClosed).toBe(true);
  });

  it("skips unknown events, and reports them to telemetry", async () => {
    const skipped: SkippedEvent[] = [];
    const { connection, say } = await lineOf("v1", {
      client: { telemetry: { onSkippedEvent: (event: SkippedEvent) => void skipped.push(event) } },
    });
    say({ type: "response.created", response: { id: "r" } }, { type: "conversation.item.added" }, updated);
    expect(await connection.nextEvent()).toMatchObject({ type: "session_updated" });
    expect(skipped).toMatchObject([
      { type: "response.created", reason: "unknown type" },
      { type: "conversation.item.added", reason: "missing field" },
    ]);
  });

  it.each([
    ["v3", {}],
    ["v2", { wireEvents: true }],
  ] as const)("of %s passes unknown events on", async (protocol, options) => {
    const { connection, say, peer } = await lineOf(protocol, { connect: options });
    peer.socket.write(frame(opcode.text, "no JSON"));
    say({ type: "rate_limits.later", rate_limits: [] }, speech);
    expect(await nextEvents(connection, 2)).toEqual([
      { type: "wire", event: { type: "rate_limits.later", rate_limits: [] } },
      { type: "input_audio_speech_started" },
    ]);
  });

  it("reports a binary message and continues", async () => {
    const { connection, peer, say } = await lineOf("v3");
    peer.socket.write(frame(opcode.binary, "x"));
    say(speech);
    expect(await nextEvents(connection, 2)).toEqual([
      { type: "error", message: "unexpected binary realtime websocket event" },
      { type: "input_audio_speech_started" },
    ]);
  });

  it("reports an error that is nested too deep for JSON, and continues", async () => {
    const { connection, peer, say } = await lineOf("v3");
    const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const text = `{"type":"error","error":${nested}}`;
    peer.socket.write(frame(opcode.text, text));
    say(speech);
    expect(await nextEvents(connection, 2)).toEqual([
      { type: "error", message: canBeWritten(nested) ? nested : text },
      { type: "input_audio_speech_started" },
    ]);
  });

  it("stays open when a loop over its events is left, and another loop continues there", async () => {
    const { connection, say } = await lineOf("v3");
    say(speech, updated);
    for await (const event of connection) {
      expect(event.type).toBe("input_audio_speech_started");
      break;
    }
    for await (const event of connection.events) {
      expect(event.type).toBe("session_updated");
      break;
    }
    expect(connection.isClosed).toBe(false);
  });

  it("loses no event to an aborted wait", async () => {
    const { connection, say } = await lineOf("v3");
    const leaving = new AbortController();
    const left = failureOf(connection.nextEvent({ signal: leaving.signal }));
    leaving.abort("enough");
    expect(await left).toMatchObject({ kind: "aborted", cause: "enough" });
    say(speech);
    expect(await connection.nextEvent()).toEqual({ type: "input_audio_speech_started" });
  });

  it("answers pings even if nobody reads", async () => {
    const { peer } = await lineOf("v3");
    peer.socket.write(frame(opcode.ping, "are you there"));
    const { opcode: code, payload } = await peer.nextFrame();
    expect({ code, text: payload.toString() }).toEqual({ code: opcode.pong, text: "are you there" });
  });
});

async function lineOf(protocol: "v1" | "v2" | "v3", setup: Parameters<typeof Line.open>[0] = {}) {
  const line = await Line.open({ ...setup, config: { protocol } });
  const { connection, peer } = line;
  return { connection, peer, say: line.say.bind(line), heard: line.heard.bind(line) };
}

/** Node 26 writes JSON of any depth; before it the stack sets a limit. */
function canBeWritten(json: string): boolean {
  try {
    return JSON.stringify(JSON.parse(json)) === json;
  } catch {
    return false;
  }
}
