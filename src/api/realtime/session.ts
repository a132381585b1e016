import type { OpenString } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import type { FunctionTool } from "../wire/tools.ts";

/**
 * What a session sets for all of its responses, and `response.create` for one. An unset field keeps the service's default in the first, the
 * session's value in the second.
 */
interface AnswerSettings {
  readonly instructions?: string | undefined;
  readonly output_modalities?: readonly OpenString<"text" | "audio">[] | undefined;
  readonly tools?: readonly RealtimeTool[] | undefined;
  readonly tool_choice?: RealtimeToolChoice | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly reasoning?: RealtimeReasoning | undefined;
  /** Limit for one response, in tokens. */
  readonly max_output_tokens?: number | "inf" | undefined;
  /** A prompt that is stored at the service. */
  readonly prompt?: RealtimePrompt | null | undefined;
}

/**
 * A session of the public Realtime API in the wire format. All fields are optional: an unset field keeps the service's default, or, in an
 * update, its value so far. `null` switches a feature off, if the service allows it. Put fields that are not listed into `extra`.
 */
export interface RealtimeSession extends AnswerSettings {
  /** `transcription`: the service only transcribes what it hears, and does not answer. @default `"realtime"` */
  readonly type?: OpenString<"realtime" | "transcription"> | undefined;
  readonly model?: string | undefined;
  readonly audio?: RealtimeSessionAudio | undefined;
  readonly tracing?: RealtimeTracing | null | undefined;
  /** What to drop from a conversation that is too long. */
  readonly truncation?: RealtimeTruncation | undefined;
  readonly include?: readonly OpenString<"item.input_audio_transcription.logprobs">[] | null | undefined;
  /** Fields that are not listed here. They are merged into the others, recursively. */
  readonly extra?: JsonObject | undefined;
}

/** An object literal, or a value of a declared type: TypeScript does not assign an interface to a record type. */
type WireObject = JsonObject | object;

export interface RealtimeSessionAudio {
  readonly input?: RealtimeAudioInput | undefined;
  readonly output?: RealtimeAudioOutput | undefined;
}

export interface RealtimeAudioInput {
  readonly format?: RealtimeAudioFormat | undefined;
  readonly noise_reduction?: RealtimeNoiseReduction | null | undefined;
  /** `null`: what the user says is not transcribed. */
  readonly transcription?: RealtimeTranscription | null | undefined;
  /** `null`: the client marks the end of the user's speech with `commit`. */
  readonly turn_detection?: RealtimeTurnDetection | null | undefined;
}

export interface RealtimeAudioOutput {
  readonly format?: RealtimeAudioFormat | undefined;
  /** 1 is the voice's normal speed. */
  readonly speed?: number | undefined;
  readonly voice?: string | { readonly id: string } | undefined;
}

/** PCM has 24 000 samples per second, the two telephony formats have 8 000. */
export interface RealtimeAudioFormat {
  readonly type?: OpenString<"audio/pcm" | "audio/pcmu" | "audio/pcma"> | undefined;
  readonly rate?: number | undefined;
}

export interface RealtimeNoiseReduction {
  readonly type?: OpenString<"near_field" | "far_field"> | undefined;
  readonly strength?: number | undefined;
}

export interface RealtimeTranscription {
  readonly model?: string | undefined;
  /** ISO 639-1, e.g. `en`. */
  readonly language?: string | undefined;
  readonly languages?: readonly string[] | undefined;
  readonly prompt?: string | undefined;
  readonly keywords?: readonly string[] | undefined;
  readonly delay?: OpenString<"minimal" | "low" | "medium" | "high" | "xhigh"> | undefined;
}

export interface RealtimeTurnDetection {
  readonly type: OpenString<"server_vad" | "semantic_vad">;
  readonly create_response?: boolean | undefined;
  readonly interrupt_response?: boolean | undefined;
  /** In milliseconds. For `server_vad`, like the next three fields. */
  readonly idle_timeout_ms?: number | null | undefined;
  readonly prefix_padding_ms?: number | undefined;
  readonly silence_duration_ms?: number | undefined;
  /** From 0 to 1. */
  readonly threshold?: number | undefined;
  /** For `semantic_vad`. */
  readonly eagerness?: OpenString<"low" | "medium" | "high" | "auto"> | undefined;
}

export interface RealtimeReasoning {
  readonly effort?: OpenString<"minimal" | "low" | "medium" | "high" | "xhigh"> | undefined;
}

export interface RealtimePrompt {
  readonly id: string;
  readonly version?: string | null | undefined;
  readonly variables?: JsonObject | null | undefined;
}

export type RealtimeTracing =
  | "auto"
  | {
      readonly workflow_name?: string | undefined;
      readonly group_id?: string | undefined;
      readonly metadata?: unknown;
    };

export type RealtimeTruncation =
  | OpenString<"auto" | "disabled">
  | {
      readonly type: "retention_ratio";
      readonly retention_ratio: number;
      readonly token_limits?: { readonly post_instructions?: number | undefined } | undefined;
    };

/**
 * A function, made by `functionTool` or in the wire format, or an MCP server. `strict` of a tool made for responses is left out, because
 * the service does not accept it here.
 */
export type RealtimeTool =
  | FunctionTool
  | ({ readonly type?: string | undefined; readonly name?: string | undefined } & WireObject);

export type RealtimeToolChoice =
  | OpenString<"auto" | "none" | "required">
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "mcp"; readonly server_label: string; readonly name?: string | null };

/** An item of a conversation in the wire format: a message of text, audio and images, a call, or a call's output. */
export type RealtimeItem = { readonly type: string } & WireObject;

/** A part of a message: `input_text`, `input_audio`, `input_image`; the model's own are `output_text` and `output_audio`. */
export type RealtimeContentPart = { readonly type: string } & WireObject;

/** Parameters of `response.create` for one response, in the wire format. Unset fields keep the session's value. */
export interface RealtimeResponseParameters extends AnswerSettings {
  /** `none`: out of band; its items do not join the conversation. */
  readonly conversation?: OpenString<"auto" | "none"> | undefined;
  /** Replaces the conversation as input; an entry can be `{ type: "item_reference", id }`. */
  readonly input?: readonly RealtimeItem[] | undefined;
  readonly audio?: { readonly output?: Omit<RealtimeAudioOutput, "speed"> | undefined } | undefined;
  /** Returned with the response's events. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly extra?: JsonObject | undefined;
}
