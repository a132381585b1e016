import { describe, expect, it } from "vitest";
import {
  RealtimeConversation,
  type RealtimeConversationEvent,
} from "../../../src/api/realtime/conversation/conversation.ts";
import { recordLog } from "../../support/log-lines.ts";
import { failureOf } from "../proxy/support.ts";
import { closeFrame } from "../websocket/raw-server.ts";
import { Line } from "./support.ts";

const speech = { type: "input_audio_buffer.speech_started" };
const audio = {
  type: "response.output_audio.delta",
  item_id: "a",
  response_id: "r",
  delta: Buffer.alloc(48).toString("base64"),
};

async function talk() {
  const line = await Line.open({ config: { session: { instructions: "x" } } });
  const conversation = new RealtimeConversation(line.connection);
  const events = conversation[Symbol.asyncIterator]();
  const next = async () => (await events.next()).value as RealtimeConversationEvent;
  return { line, conversation, next };
}

function complaint(code: string, fields: object = {}) {
  return { type: "error", error: { type: "invalid_request_error", code, message: "no", ...fields } };
}

// parity: realtime/error-survives
describe("a conversation continues after", () => {
  it.each([
    ["an unknown parameter", complaint("unknown_parameter", { param: "session.x", event_id: "e1" })],
    ["an unknown item", complaint("item_not_found")],
    ["an empty commit", complaint("input_audio_buffer_commit_empty")],
    [
      "a refused response that somebody else requested",
      complaint("conversation_already_has_active_response", { event_id: "theirs" }),
    ],
    ["an internal error of the server", { type: "error", error: { type: "server_error", message: "sorry" } }],
  ])("%s, and reports it", async (_what, event) => {
    const { line, conversation, next } = await talk();
    line.say(event, speech);
    const { code, type: errorType, param, event_id: eventId, message } = event.error as Record<string, string>;
    const told = await next();
    expect(told).toMatchObject({ type: "error", message, errorType });
    expect(told).toMatchObject(JSON.parse(JSON.stringify({ code, param, eventId })));
    expect(await next()).toMatchObject({ type: "input_audio_speech_started" });
    await conversation.say("still here");
    expect(await line.heard()).toMatchObject({ type: "conversation.item.create" });
    expect(conversation.closeReason).toBeUndefined();
  });

  it("a truncation beyond the audio, which is repeated", async () => {
    const { line, next } = await talk();
    line.say(audio, speech);
    await next();
    await next();
    const asked = (await line.heard()) as { readonly event_id: string; readonly audio_end_ms: number };
    expect(asked.audio_end_ms).toBe(1);
    const message = "Audio content of 0ms is already shorter than 1ms";
    line.say(complaint("invalid_value", { message, event_id: asked.event_id }), speech);
    expect(await next()).toMatchObject({ type: "input_audio_speech_started" });
    expect(await line.heard()).toMatchObject({ type: "conversation.item.truncate", item_id: "a", audio_end_ms: 0 });
  });

  it("a response that was already in progress, recognised by its code alone", async () => {
    const { line, conversation, next } = await talk();
    await conversation.say("x");
    await line.heard();
    const { event_id } = (await line.heard()) as { readonly event_id: string };
    line.say(complaint("conversation_already_has_active_response", { event_id }), {
      type: "response.done",
      response: { id: "r" },
    });
    expect(await next()).toMatchObject({ type: "response_done", responseId: "r" });
    expect(await line.heard()).toMatchObject({ type: "response.create" });
  });
});

describe("a conversation", () => {
  const agent = (args: string) => ({
    type: "conversation.item.done",
    item: { id: "i", type: "function_call", name: "background_agent", call_id: "c", arguments: args },
  });

  it("loses no task if a loop is left at the handoff", async () => {
    const { line, conversation } = await talk();
    line.say(agent('{"prompt":"water the plants"}'));
    for await (const event of conversation) {
      expect(event.type).toBe("handoff_requested");
      break;
    }
    for await (const event of conversation) {
      expect(event).toEqual({ type: "delegation", handoffId: "c", prompt: "user: water the plants" });
      break;
    }
  });

  // parity: realtime/empty-handoff
  it.each(["", "{}"])("answers a handoff with the arguments %j by itself", async (args) => {
    const { line, next } = await talk();
    line.say(agent(args));
    expect(await next()).toMatchObject({ type: "handoff_requested" });
    expect(await line.heard()).toMatchObject({ item: { type: "function_call_output", call_id: "c" } });
    expect(await line.heard()).toMatchObject({ type: "response.create" });
  });

  it("keeps out-of-band responses out of the handoff", async () => {
    const { line, next } = await talk();
    line.say(
      { type: "response.created", response: { id: "aside", conversation_id: null } },
      { type: "response.output_text.done", response_id: "aside", text: "a title" },
      { type: "response.done", response: { id: "aside", conversation_id: null } },
      agent('{"prompt":"go"}'),
    );
    for (let told = 0; told < 3; told += 1) await next();
    expect(await next()).toMatchObject({ activeTranscript: [{ role: "user", text: "go" }] });
  });

  it("requests one response for all calls of a response", async () => {
    const { line, conversation, next } = await talk();
    const call = (id: string) => ({
      type: "conversation.item.done",
      item: { id, type: "function_call", name: "weather", call_id: `call_${id}`, arguments: "{}" },
    });
    line.say(call("a"), call("b"));
    await next();
    expect(await next()).toMatchObject({ type: "function_call", callId: "call_a", name: "weather", arguments: "{}" });
    await next();
    await next();
    await conversation.answerCall("call_a", "rain");
    await conversation.answerCall("call_b", "sun");
    expect([await line.heard(), await line.heard(), await line.heard()]).toMatchObject([
      { item: { call_id: "call_a", output: "rain" } },
      { item: { call_id: "call_b", output: "sun" } },
      { type: "response.create" },
    ]);
  });

  it("cancels and truncates on an interruption, by the milliseconds of the format", async () => {
    const { line, conversation, next } = await talk();
    const second = Buffer.alloc(8_000).toString("base64");
    line.say(
      { type: "session.updated", session: { id: "s", audio: { output: { format: { type: "audio/pcmu" } } } } },
      { type: "response.created", response: { id: "r" } },
      { ...audio, delta: second },
    );
    for (let told = 0; told < 2; told += 1) await next();
    expect(await next()).toMatchObject({ frame: { sampleRate: 8000, encoding: "pcmu" }, responseId: "r" });
    await conversation.interrupt();
    expect([await line.heard(), await line.heard()]).toMatchObject([
      { type: "response.cancel" },
      { type: "conversation.item.truncate", item_id: "a", audio_end_ms: 1000 },
    ]);
  });
});

// parity: realtime/closure-told
describe("the end of a session in v3", () => {
  const expired = complaint("session_expired");
  it.each<[string, (line: Line) => unknown, object, object | undefined]>([
    ["our close()", (line) => void line.connection.close(), { cause: "requested" }, undefined],
    ["our immediate end", (line) => line.connection.terminate(), { cause: "requested" }, undefined],
    [
      "a close frame",
      (line) => line.peer.socket.write(closeFrame(1000, "bye")),
      { cause: "goodbye", code: 1000, reason: "bye" },
      undefined,
    ],
    [
      "a service that shuts down",
      (line) => line.peer.socket.write(closeFrame(1001)),
      { cause: "goodbye", code: 1001 },
      undefined,
    ],
    [
      "an internal error of the service",
      (line) => line.peer.socket.write(closeFrame(1011, "internal")),
      { cause: "failed", code: 1011, reason: "internal" },
      { message: "the service closed the realtime session with code 1011: internal" },
    ],
    [
      "the service's 60 minutes",
      (line) => {
        line.say(expired);
        line.peer.socket.write(closeFrame(1001));
      },
      { cause: "session_expired", code: 1001 },
      undefined,
    ],
    [
      "a broken connection",
      (line) => line.peer.socket.end(),
      { cause: "cut" },
      { message: expect.stringContaining("without a close frame") },
    ],
    [
      "a reset",
      (line) => line.peer.socket.resetAndDestroy(),
      { cause: "cut" },
      { message: expect.stringMatching(/^failed to read/) },
    ],
  ])("by %s is reported to the connection, the reader and the log", async (_what, end, closure, failure) => {
    const logger = recordLog();
    const line = await Line.open({ client: { logger } });
    const reading = (async () => {
      for await (const _event of line.connection);
    })();
    end(line);
    if (failure) expect(await failureOf(reading)).toMatchObject({ kind: "stream", ...failure });
    else await reading;
    expect(line.connection.closure).toMatchObject(closure);
    const log = logger.lines.find(({ message }) => message === "realtime websocket closed");
    // The reason is a text of the service, and the log contains none.
    const { reason: _untold, ...told } = { reason: undefined, ...closure };
    expect(log?.fields).toMatchObject(told);
    expect(log?.fields).not.toHaveProperty("reason");
  });
});
