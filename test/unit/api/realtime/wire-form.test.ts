import { expect, it } from "vitest";
import type { RealtimeEvent } from "../../../../src/api/realtime/events.ts";
import { realtimeEventToWire } from "../../../../src/api/realtime/wire-form.ts";
import { withRaw } from "../../../../src/api/wire/json.ts";

const handoff = {
  type: "handoff_requested",
  handoffId: "h",
  itemId: "i",
  inputTranscript: "t",
  activeTranscript: [{ role: "user", text: "x" }],
} as const;

it.each<[RealtimeEvent, object]>([
  [
    { type: "session_updated", sessionId: "s", instructions: "i" },
    { SessionUpdated: { realtime_session_id: "s", instructions: "i" } },
  ],
  [{ type: "session_updated", sessionId: "s" }, { SessionUpdated: { realtime_session_id: "s", instructions: null } }],
  [{ type: "input_transcript.delta", delta: "d" }, { InputTranscriptDelta: { delta: "d" } }],
  [{ type: "input_transcript.done", text: "d" }, { InputTranscriptDone: { text: "d" } }],
  [{ type: "output_transcript.delta", delta: "d" }, { OutputTranscriptDelta: { delta: "d" } }],
  [{ type: "output_transcript.done", text: "d" }, { OutputTranscriptDone: { text: "d" } }],
  [
    { type: "audio_out", frame: { data: "AA==", sampleRate: 1, numChannels: 2 } },
    { AudioOut: { data: "AA==", sample_rate: 1, num_channels: 2 } },
  ],
  [
    { type: "audio_out", frame: { data: "AA==", sampleRate: 1, numChannels: 2, samplesPerChannel: 3, itemId: "i" } },
    { AudioOut: { data: "AA==", sample_rate: 1, num_channels: 2, samples_per_channel: 3, item_id: "i" } },
  ],
  [{ type: "input_audio_speech_started" }, { InputAudioSpeechStarted: { item_id: null } }],
  [{ type: "input_audio_speech_started", itemId: "i" }, { InputAudioSpeechStarted: { item_id: "i" } }],
  [{ type: "conversation_item.added", item: [1] }, { ConversationItemAdded: [1] }],
  [{ type: "conversation_item.done", itemId: "i", item: {} }, { ConversationItemDone: { item_id: "i" } }],
  [
    handoff,
    {
      HandoffRequested: {
        handoff_id: "h",
        item_id: "i",
        input_transcript: "t",
        active_transcript: [{ role: "user", text: "x" }],
      },
    },
  ],
  [{ type: "noop_requested", callId: "c", itemId: "i" }, { NoopRequested: { call_id: "c", item_id: "i" } }],
  [{ type: "response_created", responseId: "r" }, { ResponseCreated: { response_id: "r" } }],
  [{ type: "response_created" }, { ResponseCreated: { response_id: null } }],
  [{ type: "response_cancelled" }, { ResponseCancelled: { response_id: null } }],
  [{ type: "response_done" }, { ResponseDone: { response_id: null } }],
  [{ type: "response_cancelled", responseId: "r" }, { ResponseCancelled: { response_id: "r" } }],
  [{ type: "error", message: "text" }, { Error: "text" }],
  [{ type: "wire", event: { type: "x" } }, { type: "x" }],
])("%o is forwarded under the reference's name", (event, wire) => {
  expect(realtimeEventToWire(event)).toEqual(wire);
});

it("an event without a name in the reference is forwarded as the service sent it, or unchanged", () => {
  const wire = { type: "conversation.created", conversation: { id: "c" } };
  const event = { type: "conversation_created", conversationId: "c" } as const;
  expect(realtimeEventToWire(withRaw({ ...event }, wire))).toBe(wire);
  expect(realtimeEventToWire(event)).toBe(event);
});

it("the session's id has another name before v3", () => {
  const wire = { SessionUpdated: { session_id: "s", instructions: null } };
  expect(realtimeEventToWire({ type: "session_updated", sessionId: "s" }, "v1")).toEqual(wire);
  expect(realtimeEventToWire({ type: "session_updated", sessionId: "s" }, "v2")).toEqual(wire);
});
