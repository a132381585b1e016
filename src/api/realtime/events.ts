import type { OpenString } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import type { ResponseOutcome } from "./response-outcome.ts";

/** Audio codings other than 16-bit PCM: one byte per sample. */
export type AudioEncoding = "pcmu" | "pcma";

/** A piece of audio, sent or received. */
export interface RealtimeAudioFrame {
  /** Base64 of 16-bit little-endian PCM, or of the coding in `encoding`. */
  readonly data: string;
  /** Samples per second and channel: 24 000 for PCM, 8 000 for the others. */
  readonly sampleRate: number;
  readonly numChannels: number;
  readonly samplesPerChannel?: number | undefined;
  /** Id of the item that the audio belongs to. */
  readonly itemId?: string | undefined;
  /** Undefined for PCM. Only in `v3`, where the session's format determines it. */
  readonly encoding?: AudioEncoding | undefined;
}

export interface TranscriptEntry {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** The item, response and part that an event belongs to, as far as the service says. Only in `v3`. */
export interface Place {
  readonly responseId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly outputIndex?: number | undefined;
  readonly contentIndex?: number | undefined;
}

/** The model hands a task over to the agent behind it; answer with `sendHandoffOutput`. */
export interface HandoffRequested {
  readonly type: "handoff_requested";
  /** Also the call id, if the protocol uses function calls. */
  readonly handoffId: string;
  readonly itemId: string;
  /** The task, as the model or the user worded it; may be empty. */
  readonly inputTranscript: string;
  /** What was said: since the last handoff in `v1` and `v3`; always empty in `v2`. */
  readonly activeTranscript: readonly TranscriptEntry[];
}

/** The service reports an error. The connection stays open, unless the service closes it. */
export interface RealtimeErrorEvent {
  readonly type: "error";
  readonly message: string;
  /** The service's error code, e.g. `conversation_already_has_active_response`. Like the fields below, only in `v3`. */
  readonly code?: string | undefined;
  /** The service's `type`, e.g. `invalid_request_error`. */
  readonly errorType?: string | undefined;
  readonly param?: string | undefined;
  /** `eventId` of the client message that the error is about. */
  readonly eventId?: string | undefined;
}

/** How much of a rate limit is used. */
export interface RealtimeRateLimit {
  readonly name?: OpenString<"requests" | "tokens"> | undefined;
  readonly limit?: number | undefined;
  readonly remaining?: number | undefined;
  /** Milliseconds until the limit is fully available again. */
  readonly resetAfterMs?: number | undefined;
}

/** Why the service could not transcribe what the user said. */
export interface TranscriptionFailure {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly param?: string | undefined;
}

/** Events of every protocol, or shared by `v3` and one of the others. Source: the Rust client's `RealtimeEvent`. */
type SharedEvent =
  | {
      readonly type: "session_updated";
      readonly sessionId: string;
      readonly instructions?: string | undefined;
      /** The whole session, as received. Only in `v3`. */
      readonly session?: JsonObject | undefined;
    }
  | ({ readonly type: "audio_out"; readonly frame: RealtimeAudioFrame } & Place)
  /** A piece of the transcript of what the user said. */
  | ({ readonly type: "input_transcript.delta"; readonly delta: string; readonly logprobs?: unknown } & Place)
  /** Since `v3`: the whole transcript, which replaces the pieces. `usage` as received: tokens or seconds. */
  | ({
      readonly type: "input_transcript.done";
      readonly text: string;
      readonly usage?: unknown;
      readonly logprobs?: unknown;
      readonly languages?: unknown;
    } & Place)
  /** A piece of the model's text. In `v3` `modality` distinguishes written text from the transcript of its audio. */
  | ({
      readonly type: "output_transcript.delta";
      readonly delta: string;
      readonly modality?: "text" | "audio" | undefined;
    } & Place)
  /** Since `v3`: the whole text, which replaces the pieces. */
  | ({
      readonly type: "output_transcript.done";
      readonly text: string;
      readonly modality?: "text" | "audio" | undefined;
    } & Place)
  /** The user begins to speak: stop playing audio. */
  | {
      readonly type: "input_audio_speech_started";
      readonly itemId?: string | undefined;
      /** Milliseconds since the session's first audio. */
      readonly audioStartMs?: number | undefined;
    }
  /** `item` as received, unchecked. In `v2` also the whole payload of `response.created` and `response.done`. */
  | ({ readonly type: "conversation_item.added"; readonly item: unknown } & Placed)
  /** `item` as received: calls of your own tools are in this event. */
  | ({ readonly type: "conversation_item.done"; readonly item: unknown } & Placed & { readonly itemId: string })
  | HandoffRequested
  /** Since `v3`: the model decided to say nothing; answer the call with an empty `sendHandoffOutput`. */
  | { readonly type: "noop_requested"; readonly callId: string; readonly itemId: string }
  /** Since `v3`. `conversationId` is null for a response out of band. */
  | {
      readonly type: "response_created";
      readonly responseId?: string | undefined;
      readonly conversationId?: string | null | undefined;
      readonly metadata?: JsonObject | undefined;
      /** The response's audio format, as received, if it differs from the session's. */
      readonly audioFormat?: JsonObject | undefined;
    }
  /** Since `v3`. */
  | ({ readonly type: "response_done" } & ResponseOutcome)
  | { readonly type: "response_cancelled"; readonly responseId?: string | undefined }
  | RealtimeErrorEvent
  /** An event that no other type covers, as received. In `v1` and `v2` only with the option `wireEvents`. */
  | { readonly type: "wire"; readonly event: JsonObject };

interface Placed {
  readonly itemId?: string | undefined;
  /** The item before it; null for the first one. Only in `v3`. */
  readonly previousItemId?: string | null | undefined;
}

/** Events that exist only in `v3`; each is named like its wire event, without `response.`. */
type PublicEvent =
  | {
      readonly type: "session_created";
      readonly sessionId: string;
      readonly session: JsonObject;
      /** Time of expiry, in Unix seconds. */
      readonly expiresAt?: number | undefined;
    }
  | { readonly type: "conversation_created"; readonly conversationId?: string | undefined }
  | ({ readonly type: "conversation_item.created"; readonly item: unknown } & Placed)
  | ({ readonly type: "conversation_item.retrieved"; readonly item: unknown } & Placed)
  | { readonly type: "conversation_item.deleted"; readonly itemId: string }
  | {
      readonly type: "conversation_item.truncated";
      readonly itemId: string;
      readonly contentIndex?: number | undefined;
      readonly audioEndMs?: number | undefined;
    }
  | ({ readonly type: "input_transcript.failed"; readonly error: TranscriptionFailure } & Place)
  | ({
      readonly type: "input_transcript.segment";
      readonly text: string;
      readonly segmentId?: string | undefined;
      readonly speaker?: string | undefined;
      /** Milliseconds since the beginning of the item. */
      readonly startMs?: number | undefined;
      readonly endMs?: number | undefined;
    } & Place)
  | { readonly type: "input_audio_buffer.cleared" }
  | {
      readonly type: "input_audio_buffer.committed";
      readonly itemId: string;
      readonly previousItemId?: string | null | undefined;
    }
  | {
      readonly type: "input_audio_speech_stopped";
      readonly itemId?: string | undefined;
      readonly audioEndMs?: number | undefined;
    }
  | {
      readonly type: "input_audio_buffer.timeout_triggered";
      readonly itemId?: string | undefined;
      readonly audioStartMs?: number | undefined;
      readonly audioEndMs?: number | undefined;
    }
  /** A key was pressed during a telephone call. `receivedAt`: Unix seconds. */
  | {
      readonly type: "input_audio_buffer.dtmf_event_received";
      readonly key: string;
      readonly receivedAt?: number | undefined;
    }
  | {
      readonly type: "output_audio_buffer.started" | "output_audio_buffer.stopped" | "output_audio_buffer.cleared";
      readonly responseId?: string | undefined;
    }
  | ({ readonly type: "audio_out.done" } & Place)
  | ({ readonly type: "content_part.added" | "content_part.done"; readonly part: JsonObject } & Place)
  | ({ readonly type: "output_item.added" | "output_item.done"; readonly item: JsonObject } & Place)
  | ({
      readonly type: "function_call_arguments.delta" | "mcp_call_arguments.delta";
      readonly delta: string;
      readonly callId?: string | undefined;
    } & Place)
  | ({
      readonly type: "function_call_arguments.done" | "mcp_call_arguments.done";
      readonly arguments: string;
      readonly callId?: string | undefined;
      readonly name?: string | undefined;
    } & Place)
  | ({ readonly type: "mcp_call.in_progress" | "mcp_call.completed" | "mcp_call.failed" } & Place)
  | {
      readonly type: "mcp_list_tools.in_progress" | "mcp_list_tools.completed" | "mcp_list_tools.failed";
      readonly itemId?: string | undefined;
    }
  | { readonly type: "rate_limits"; readonly rateLimits: readonly RealtimeRateLimit[] };

/**
 * The events of a realtime session: a union on `type`. `protocol/` maps wire events to them. Minor versions may add types, so keep a
 * `default`.
 */
export type RealtimeEvent = (SharedEvent | PublicEvent) & {
  /** The event as received. It is not enumerable, so a log does not contain everything twice; a copy of the event lacks it. */
  readonly raw?: JsonObject | undefined;
};
