import type { OpenString } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import type { FunctionTool } from "../wire/tools.ts";

/**
 * A session of the public Realtime API in the wire's shape, every field of it optional: what is not set keeps the service's default, or in an
 * update what it was. `null` switches off where the service lets it. What is not listed goes into `extra`.
 */
export interface RealtimeSession {
  /** Default `realtime`. `transcription`: the service writes down what it hears and answers nothing. */
  readonly type?: OpenString<"realtime" | "transcription"> | undefined;
  readonly model?: string | undefined;
  readonly instructions?: string | undefined;
  readonly output_modalities?: readonly OpenString<"text" | "audio">[] | undefined;
  readonly audio?: RealtimeSessionAudio | undefined;
  readonly tools?: readonly RealtimeTool[] | undefined;
  readonly tool_choice?: RealtimeToolChoice | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly reasoning?: RealtimeReasoning | undefined;
  /** Of a response, in tokens. */
  readonly max_output_tokens?: number | "inf" | undefined;
  /** A prompt that is stored with the service. */
  readonly prompt?: RealtimePrompt | null | undefined;
  readonly tracing?: RealtimeTracing | null | undefined;
  /** What of a conversation that is too long is dropped. */
  readonly truncation?: RealtimeTruncation | undefined;
  readonly include?: readonly OpenString<"item.input_audio_transcription.logprobs">[] | null | undefined;
  /** Fields that are not listed here, merged into the others object by object. */
  readonly extra?: JsonObject | undefined;
}

/** Written down on the spot, or of a type that somebody else declared: an interface is no record to the compiler. */
type WireObject = JsonObject | object;

export interface RealtimeSessionAudio {
  readonly input?: RealtimeAudioInput | undefined;
  readonly output?: RealtimeAudioOutput | undefined;
}

export interface RealtimeAudioInput {
  readonly format?: RealtimeAudioFormat | undefined;
  readonly noise_reduction?: RealtimeNoiseReduction | null | undefined;
  /** `null`: what the user says is not written down. */
  readonly transcription?: RealtimeTranscription | null | undefined;
  /** `null`: the client says when the user has spoken, by `commit`. */
  readonly turn_detection?: RealtimeTurnDetection | null | undefined;
}

export interface RealtimeAudioOutput {
  readonly format?: RealtimeAudioFormat | undefined;
  /** 1 is as the voice speaks by itself. */
  readonly speed?: number | undefined;
  readonly voice?: string | { readonly id: string } | undefined;
}

/** PCM has 24 000 samples a second, the two of telephony 8 000. */
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
  /** `server_vad`, as are the next three. In milliseconds. */
  readonly idle_timeout_ms?: number | null | undefined;
  readonly prefix_padding_ms?: number | undefined;
  readonly silence_duration_ms?: number | undefined;
  /** From 0 to 1. */
  readonly threshold?: number | undefined;
  /** `semantic_vad`. */
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
 * A function, as `functionTool` makes it or in the wire's shape, or an MCP server. `strict` of a tool that was made for responses is left out, since
 * the service does not know it here.
 */
export type RealtimeTool =
  | FunctionTool
  | ({ readonly type?: string | undefined; readonly name?: string | undefined } & WireObject);

export type RealtimeToolChoice =
  | OpenString<"auto" | "none" | "required">
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "mcp"; readonly server_label: string; readonly name?: string | null };

/** An item of a conversation in the wire's shape: a message of text, audio and images, a call, or a call's output. */
export type RealtimeItem = { readonly type: string } & WireObject;

/** A part of a message: `input_text`, `input_audio`, `input_image`; `output_text` and `output_audio` of the model's own. */
export type RealtimeContentPart = { readonly type: string } & WireObject;

/** What `response.create` can say of one response, in the wire's shape. What is missing is the session's. */
export interface RealtimeResponseParameters {
  /** `none`: out of band, its items do not join the conversation. */
  readonly conversation?: OpenString<"auto" | "none"> | undefined;
  /** Instead of the conversation; an entry can be `{ type: "item_reference", id }`. */
  readonly input?: readonly RealtimeItem[] | undefined;
  readonly instructions?: string | undefined;
  readonly output_modalities?: readonly OpenString<"text" | "audio">[] | undefined;
  readonly audio?: { readonly output?: Omit<RealtimeAudioOutput, "speed"> | undefined } | undefined;
  readonly tools?: readonly RealtimeTool[] | undefined;
  readonly tool_choice?: RealtimeToolChoice | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly reasoning?: RealtimeReasoning | undefined;
  readonly max_output_tokens?: number | "inf" | undefined;
  readonly prompt?: RealtimePrompt | null | undefined;
  /** Comes back with the response's events. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly extra?: JsonObject | undefined;
}
