import { object } from "../../client/options.ts";
import type { RealtimeAudioFrame, RealtimeEvent } from "./events.ts";
import { DEFAULT_PROTOCOL } from "./protocol/protocols.ts";
import type { RealtimeProtocolName } from "./settings.ts";

/**
 * An event in the form in which the Rust client forwards it to its own clients: one key, the variant's name, with the fields in snake_case.
 * A missing optional field is `null`, except in an audio frame, where it is left out. A `wire` event is not changed; an event that the Rust
 * client does not have is returned as received.
 *
 * @param protocol - Protocol of the session: since `v3` the session's id has another name.
 */
export function realtimeEventToWire(event: RealtimeEvent, protocol: RealtimeProtocolName = DEFAULT_PROTOCOL): object {
  object("the event of realtimeEventToWire()", event, "an event of a connection");
  switch (event.type) {
    case "session_updated": {
      const idName = protocol === "v3" ? "realtime_session_id" : "session_id";
      return { SessionUpdated: { [idName]: event.sessionId, instructions: event.instructions ?? null } };
    }
    case "audio_out":
      return { AudioOut: wireFrame(event.frame) };
    case "input_transcript.delta":
      return { InputTranscriptDelta: { delta: event.delta } };
    case "input_transcript.done":
      return { InputTranscriptDone: { text: event.text } };
    case "output_transcript.delta":
      return { OutputTranscriptDelta: { delta: event.delta } };
    case "output_transcript.done":
      return { OutputTranscriptDone: { text: event.text } };
    case "input_audio_speech_started":
      return { InputAudioSpeechStarted: { item_id: event.itemId ?? null } };
    case "conversation_item.added":
      return { ConversationItemAdded: event.item };
    case "conversation_item.done":
      return { ConversationItemDone: { item_id: event.itemId } };
    case "handoff_requested":
      return {
        HandoffRequested: {
          handoff_id: event.handoffId,
          item_id: event.itemId,
          input_transcript: event.inputTranscript,
          active_transcript: event.activeTranscript,
        },
      };
    case "noop_requested":
      return { NoopRequested: { call_id: event.callId, item_id: event.itemId } };
    case "response_created":
      return { ResponseCreated: { response_id: event.responseId ?? null } };
    case "response_done":
      return { ResponseDone: { response_id: event.responseId ?? null } };
    case "response_cancelled":
      return { ResponseCancelled: { response_id: event.responseId ?? null } };
    case "error":
      return { Error: event.message };
    case "wire":
      return event.event;
    default:
      return event.raw ?? event; // the Rust client has no such variant
  }
}

function wireFrame({ data, sampleRate, numChannels, samplesPerChannel, itemId }: RealtimeAudioFrame): object {
  return {
    data,
    sample_rate: sampleRate,
    num_channels: numChannels,
    ...(samplesPerChannel !== undefined && { samples_per_channel: samplesPerChannel }),
    ...(itemId !== undefined && { item_id: itemId }),
  };
}
