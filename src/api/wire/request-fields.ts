/** The body of a request for a response, in wire names. Types only. */
import type { InputFile, InputImage, InputText, OpenString, Unlisted } from "./items.ts";
import type { RequestInput } from "./request-input.ts";
import type { JsonSchema, ReadBy } from "./schema.ts";
import type { Tool, ToolChoice } from "./tools.ts";

export type ReasoningEffort = OpenString<"none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max">;
export type Verbosity = OpenString<"low" | "medium" | "high">;
export type ServiceTier = OpenString<"auto" | "default" | "flex" | "scale" | "priority" | "fast" | "ultrafast">;

/** How much the model thinks and what of it is told. */
export interface ReasoningParam {
  readonly effort?: ReasoningEffort | null | undefined;
  readonly summary?: OpenString<"auto" | "concise" | "detailed"> | null | undefined;
  readonly context?: OpenString<"auto" | "current_turn" | "all_turns"> | null | undefined;
  readonly mode?: OpenString<"standard" | "pro"> | undefined;
  /** @deprecated By the service, for `summary`. */
  readonly generate_summary?: OpenString<"auto" | "concise" | "detailed"> | null | undefined;
}

/** The form of a structured answer. `jsonSchemaFormat` builds it from a schema. */
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
  /** Default: empty. */
  readonly instructions?: string | null | undefined;
  readonly image?:
    | { readonly context_compression?: OpenString<"auto" | "enabled" | "disabled"> | undefined }
    | undefined;
  readonly previous_response_id?: string | null | undefined;
  /** Default: true. */
  readonly parallel_tool_calls?: boolean | null | undefined;
  /** One key per conversation makes its shared beginning cheap. */
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
  /** `fast` is sent as `priority`. Default: the account's. */
  readonly service_tier?: ServiceTier | null | undefined;
  readonly client_metadata?: Readonly<Record<string, string>> | null | undefined;
}

/**
 * The fields of `POST responses`, each as the service documents it. None is judged at run time: what is set goes out, and the service says
 * what is wrong with it.
 */
export interface RequestFields<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  extends CommonRequestFields {
  /** Null where a stored `prompt` names the model. */
  readonly model: string | null;
  readonly access_programs?:
    | { readonly cyber?: OpenString<"standard" | "daybreak_blue" | "daybreak_red"> | undefined }
    | null
    | undefined;
  /** The response goes on at the service whatever becomes of the connection, and is stored (`store` is true unless it is set). Over HTTP alone. */
  readonly background?: boolean | null | undefined;
  readonly context_management?:
    | readonly { readonly type: OpenString<"compaction">; readonly compact_threshold?: number | null | undefined }[]
    | null
    | undefined;
  readonly conversation?: string | { readonly id: string } | null | undefined;
  /** Over a WebSocket, false prepares the connection and the cache without an answer. */
  readonly generate?: boolean | undefined;
  /** Default: `reasoning.encrypted_content` when `reasoning` is given, so that an unstored conversation can go on; else nothing. */
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
  /** Default: `null`, for models that do not reason. */
  readonly reasoning?: ReasoningParam | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  /** Shall the server keep the response? Default: on Azure, and with `background`. */
  readonly store?: boolean | null | undefined;
  /** Always true on the wire: that is how answers are read here. */
  readonly stream?: true | undefined;
  readonly stream_options?:
    | {
        /** False saves about an eighth of a stream of deltas, and gives up a protection against guessing the text from the packets' sizes. */
        readonly include_obfuscation?: boolean | undefined;
        readonly reasoning_summary_delivery?: OpenString<"sequential_cutoff"> | undefined;
      }
    | null
    | undefined;
  readonly temperature?: number | null | undefined;
  readonly text?: TextParam<Parsed> | null | undefined;
  /** Default: `auto`. */
  readonly tool_choice?: ToolChoice | null | undefined;
  /** Default: none. */
  readonly tools?: readonly [...{ readonly [Index in keyof Calls]: Tool<Calls[Index]> }] | null | undefined;
  readonly top_logprobs?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  /** @deprecated By the service, for `context_management`. */
  readonly truncation?: OpenString<"auto" | "disabled"> | null | undefined;
  /** @deprecated By the service, for `safety_identifier` and `prompt_cache_key`. */
  readonly user?: string | null | undefined;
}

/** Fields that are not typed yet, merged into the body after the typed ones, which they may not repeat. */
export type ExtraFields<Fields> = { readonly [Typed in keyof Fields]?: never } & Readonly<Record<string, unknown>>;

/**
 * Body of `POST responses`, in wire names. `stream: true` is added. What this type does not know yet goes into `extra`.
 *
 * `Parsed` and `Calls` are inferred: what the answer's text is read as, and what the calls of each tool are read as. Declare a request that
 * stands in a variable with `satisfies ResponsesRequest`, which checks it and keeps both.
 */
export interface ResponsesRequest<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  extends RequestFields<Parsed, Calls> {
  readonly extra?: ExtraFields<RequestFields> | undefined;
}
