import type { OpenString } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import type { ResponseOutcome } from "./response-outcome.ts";

/** How audio is coded that is no 16-bit PCM: one byte a sample. */
export type AudioEncoding = "pcmu" | "pcma";

/** A piece of audio, as the service sends it and as it is sent. */
export interface RealtimeAudioFrame {
  /** Base64 of 16-bit little-endian PCM, or of what `encoding` says. */
  readonly data: string;
  /** Samples a second of each channel: 24 000 of PCM, 8 000 of the others. */
  readonly sampleRate: number;
  readonly numChannels: number;
  readonly samplesPerChannel?: number | undefined;
  /** The item that the audio belongs to. */
  readonly itemId?: string | undefined;
  /** Missing for PCM. Only in `v3`, where the session's format says it. */
  readonly encoding?: AudioEncoding | undefined;
}

export interface TranscriptEntry {
  readonly role: "user" | "assistant";
  readonly text: string;
}

/** Where something belongs; each is there where the service says it. Only in `v3`. */
export interface Place {
  readonly responseId?: string | undefined;
  readonly itemId?: string | undefined;
  readonly outputIndex?: number | undefined;
  readonly contentIndex?: number | undefined;
}

/** The model hands a task over to the agent behind it; answer with `sendHandoffOutput`. */
export interface HandoffRequested {
  readonly type: "handoff_requested";
  /** Also the call id, where the protocol has function calls. */
  readonly handoffId: string;
  readonly itemId: string;
  /** What the agent shall do, in the words of the model or the user; may be empty. */
  readonly inputTranscript: string;
  /** What was said so far: since the last handoff in `v1` and `v3`, always empty in `v2`. */
  readonly activeTranscript: readonly TranscriptEntry[];
}

/** The service complains. The connection stays open, unless the service closes it. */
export interface RealtimeErrorEvent {
  readonly type: "error";
  readonly message: string;
  /** The fields below: only in `v3`. Of the service, e.g. `conversation_already_has_active_response`. */
  readonly code?: string | undefined;
  /** The service's `type`, e.g. `invalid_request_error`. */
  readonly errorType?: string | undefined;
  readonly param?: string | undefined;
  /** Of the client's message that it is about: what was given as `eventId`. */
  readonly eventId?: string | undefined;
}

/** How far a limit of the service is used up. */
export interface RealtimeRateLimit {
  readonly name?: OpenString<"requests" | "tokens"> | undefined;
  readonly limit?: number | undefined;
  readonly remaining?: number | undefined;
  /** Until it is whole again, in milliseconds. */
  readonly resetAfterMs?: number | undefined;
}

/** Why the service could not write down what the user said. */
export interface TranscriptionFailure {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly param?: string | undefined;
}

/** Events that every protocol has, or that `v3` has in common with one of them. Source: the Rust client's `RealtimeEvent`. */
type SharedEvent =
  | {
      readonly type: "session_updated";
      readonly sessionId: string;
      readonly instructions?: string | undefined;
      /** As sent, with everything that is agreed. Only in `v3`. */
      readonly session?: JsonObject | undefined;
    }
  | ({ readonly type: "audio_out"; readonly frame: RealtimeAudioFrame } & Place)
  /** What the user said, piece by piece. */
  | ({ readonly type: "input_transcript.delta"; readonly delta: string; readonly logprobs?: unknown } & Place)
  /** Since `v3`: all of it, in place of the pieces. `usage` as sent: tokens, or seconds. */
  | ({
      readonly type: "input_transcript.done";
      readonly text: string;
      readonly usage?: unknown;
      readonly logprobs?: unknown;
      readonly languages?: unknown;
    } & Place)
  /** What the model says, as text, piece by piece. In `v3` `modality` tells writing from the transcript of what it says. */
  | ({
      readonly type: "output_transcript.delta";
      readonly delta: string;
      readonly modality?: "text" | "audio" | undefined;
    } & Place)
  /** Since `v3`: all of it, in place of the pieces. */
  | ({
      readonly type: "output_transcript.done";
      readonly text: string;
      readonly modality?: "text" | "audio" | undefined;
    } & Place)
  /** The user begins to speak: whatever is being played shall stop. */
  | {
      readonly type: "input_audio_speech_started";
      readonly itemId?: string | undefined;
      /** Since the session's first audio, in milliseconds. */
      readonly audioStartMs?: number | undefined;
    }
  /** `item` is what the service sent, unchecked. In `v2` also the whole payload of `response.created` and `response.done`. */
  | ({ readonly type: "conversation_item.added"; readonly item: unknown } & Placed)
  /** `item` as sent: a function call of a tool of one's own stands there. */
  | ({ readonly type: "conversation_item.done"; readonly item: unknown } & Placed & { readonly itemId: string })
  | HandoffRequested
  /** Since `v3`: the model decided to say nothing; the call wants an empty `sendHandoffOutput`. */
  | { readonly type: "noop_requested"; readonly callId: string; readonly itemId: string }
  /** Since `v3`. `conversationId` is null for a response out of band. */
  | {
      readonly type: "response_created";
      readonly responseId?: string | undefined;
      readonly conversationId?: string | null | undefined;
      readonly metadata?: JsonObject | undefined;
      /** Of the response's own audio, where it is not the session's; as sent. */
      readonly audioFormat?: JsonObject | undefined;
    }
  /** Since `v3`. */
  | ({ readonly type: "response_done" } & ResponseOutcome)
  | { readonly type: "response_cancelled"; readonly responseId?: string | undefined }
  | RealtimeErrorEvent
  /** What none of the others covers, as sent. In `v1` and `v2` only with the option `wireEvents`. */
  | { readonly type: "wire"; readonly event: JsonObject };

interface Placed {
  readonly itemId?: string | undefined;
  /** The item before it; null for the first one. Only in `v3`. */
  readonly previousItemId?: string | null | undefined;
}

/** What only `v3` tells; each has the name of its wire event, without `response.`. */
type PublicEvent =
  | {
      readonly type: "session_created";
      readonly sessionId: string;
      readonly session: JsonObject;
      /** Unix seconds. */
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
      /** Since the item's begin, in milliseconds. */
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
  /** Of a telephone call: a key was pressed. `receivedAt`: Unix seconds. */
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
 * What a realtime session tells: a union on `type`. Which wire event becomes which, see `protocol/`. A later minor version may add more, so
 * keep a `default`.
 */
export type RealtimeEvent = (SharedEvent | PublicEvent) & {
  /** The event as it arrived. It is not enumerable, so that a log has nothing twice; a copy of the event lacks it. */
  readonly raw?: JsonObject | undefined;
};
