/** The body of a request for a response, in wire names. Only types. */
import type { InputFile, InputImage, InputText, OpenString, Unlisted } from "./items.ts";
import type { RequestInput } from "./request-input.ts";
import type { JsonSchema, ReadBy } from "./schema.ts";
import type { Tool, ToolChoice } from "./tools.ts";

export type ReasoningEffort = OpenString<"none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max">;
export type Verbosity = OpenString<"low" | "medium" | "high">;
export type ServiceTier = OpenString<"auto" | "default" | "flex" | "scale" | "priority" | "fast" | "ultrafast">;

/** How much the model reasons, and what of it is returned. */
export interface ReasoningParam {
  readonly effort?: ReasoningEffort | null | undefined;
  readonly summary?: OpenString<"auto" | "concise" | "detailed"> | null | undefined;
  readonly context?: OpenString<"auto" | "current_turn" | "all_turns"> | null | undefined;
  readonly mode?: OpenString<"standard" | "pro"> | undefined;
  /** @deprecated By the service, for `summary`. */
  readonly generate_summary?: OpenString<"auto" | "concise" | "detailed"> | null | undefined;
}

/** A format for structured answers. `jsonSchemaFormat` builds it from a schema. */
export interface JsonSchemaFormat<Parsed = unknown> extends ReadBy<Parsed> {
  readonly type: "json_schema";
  readonly name: string;
  readonly schema: JsonSchema;
  readonly description?: string | undefined;
  readonly strict?: boolean | null | undefined;
}
export type TextFormat<Parsed = unknown> =
  | JsonSchemaFormat<Parsed>
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | Unlisted;

/** How the text of the answer is written. */
export interface TextParam<Parsed = unknown> {
  readonly verbosity?: Verbosity | null | undefined;
  readonly format?: TextFormat<Parsed> | undefined;
}

export type Includable = OpenString<
  | "code_interpreter_call.outputs"
  | "computer_call_output.output.image_url"
  | "file_search_call.results"
  | "message.input_image.image_url"
  | "message.output_text.logprobs"
  | "reasoning.encrypted_content"
  | "web_search_call.action.sources"
  | "web_search_call.results"
>;

interface ModerationMode {
  readonly mode: OpenString<"score" | "block">;
}

/** Fields that `POST responses` and `POST responses/compact` share. */
export interface CommonRequestFields {
  /** The conversation: a text, or items and messages. */
  readonly input: RequestInput;
  /** Instructions for the model. Empty by default. */
  readonly instructions?: string | null | undefined;
  readonly image?:
    | { readonly context_compression?: OpenString<"auto" | "enabled" | "disabled"> | undefined }
    | undefined;
  readonly previous_response_id?: string | null | undefined;
  /** Whether the model may call several tools at once. @default `true` */
  readonly parallel_tool_calls?: boolean | null | undefined;
  /** Use one key per conversation: the service then finds its shared beginning in the prompt cache. */
  readonly prompt_cache_key?: string | null | undefined;
  readonly prompt_cache_options?:
    | {
        readonly mode?: OpenString<"implicit" | "explicit"> | undefined;
        readonly ttl?: OpenString<"30m" | "12h"> | undefined;
        readonly prewarm?: boolean | undefined;
        readonly comparison_response_id?: string | null | undefined;
      }
    | null
    | undefined;
  /** @deprecated By the service, for `prompt_cache_options`. */
  readonly prompt_cache_retention?: OpenString<"in_memory" | "24h"> | null | undefined;
  /** `fast` is sent as `priority`. @default the account's */
  readonly service_tier?: ServiceTier | null | undefined;
  readonly client_metadata?: Readonly<Record<string, string>> | null | undefined;
}

/**
 * The fields of `POST responses`, as the service documents them. They are not checked at run time: all set fields are sent, and the service
 * reports errors.
 */
export interface RequestFields<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  extends CommonRequestFields {
  /** Null if a stored `prompt` names the model. */
  readonly model: string | null;
  readonly access_programs?:
    | { readonly cyber?: OpenString<"standard" | "daybreak_blue" | "daybreak_red"> | undefined }
    | null
    | undefined;
  /**
   * The service continues the response even if the connection breaks, and stores it (`store` is then true unless it is set). Only over
   * HTTP.
   */
  readonly background?: boolean | null | undefined;
  readonly context_management?:
    | readonly { readonly type: OpenString<"compaction">; readonly compact_threshold?: number | null | undefined }[]
    | null
    | undefined;
  readonly conversation?: string | { readonly id: string } | null | undefined;
  /** Over a WebSocket, `false` prepares the connection and the cache without generating an answer. */
  readonly generate?: boolean | undefined;
  /** @default `["reasoning.encrypted_content"]` if `reasoning` is set, so that an unstored conversation can continue; else nothing */
  readonly include?: readonly Includable[] | null | undefined;
  readonly max_output_tokens?: number | null | undefined;
  readonly max_tool_calls?: number | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly moderation?:
    | {
        readonly model: string;
        readonly policy?:
          | { readonly input?: ModerationMode | null | undefined; readonly output?: ModerationMode | null | undefined }
          | null
          | undefined;
      }
    | null
    | undefined;
  readonly prompt?:
    | {
        readonly id: string;
        readonly version?: string | null | undefined;
        readonly variables?: Readonly<Record<string, string | InputText | InputImage | InputFile>> | null | undefined;
      }
    | null
    | undefined;
  /** @default `null`, for models that do not reason */
  readonly reasoning?: ReasoningParam | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  /** Whether the server should store the response. @default true on Azure and with `background`, else false */
  readonly store?: boolean | null | undefined;
  /** Always true on the wire, because answers are read as streams. */
  readonly stream?: true | undefined;
  readonly stream_options?:
    | {
        /**
         * `false` saves about an eighth of a stream of deltas, and gives up a protection against guessing the text from the packet sizes.
         */
        readonly include_obfuscation?: boolean | undefined;
        readonly reasoning_summary_delivery?: OpenString<"sequential_cutoff"> | undefined;
      }
    | null
    | undefined;
  readonly temperature?: number | null | undefined;
  readonly text?: TextParam<Parsed> | null | undefined;
  /** Which tool the model uses. @default `"auto"` */
  readonly tool_choice?: ToolChoice | null | undefined;
  /** Empty by default. */
  // The empty list by itself, so that in `allowed ? [tool] : []` it is the other one from which `Calls` is inferred. Two lists of different
  // lengths fit only the last form.
  readonly tools?:
    | readonly [...{ readonly [Index in keyof Calls]: Tool<Calls[Index]> }]
    | []
    | readonly Tool[]
    | null
    | undefined;
  readonly top_logprobs?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  /** @deprecated By the service, for `context_management`. */
  readonly truncation?: OpenString<"auto" | "disabled"> | null | undefined;
  /** @deprecated By the service, for `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string | null | undefined;
}

/** Fields that are not typed yet. They are added to the body after the typed ones, which they must not repeat. */
export type ExtraFields<Fields> = { readonly [Typed in keyof Fields]?: never } & Readonly<Record<string, unknown>>;

/**
 * Body of `POST responses`, in wire names. `stream: true` is added. Put fields that this type does not have into `extra`.
 *
 * `Parsed` and `Calls` are inferred: the type of the parsed answer, and the types of the tools' calls. Declare a request that is kept in a
 * variable with `satisfies ResponsesRequest`, which checks it and keeps both.
 */
export interface ResponsesRequest<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  extends RequestFields<Parsed, Calls> {
  readonly extra?: ExtraFields<RequestFields> | undefined;
}
