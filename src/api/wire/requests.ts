import type { OpenString } from "./items.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { checkModel, encodeRequestInput, type RequestInput } from "./request-input.ts";

export type ReasoningEffort = OpenString<"none" | "minimal" | "low" | "medium" | "high" | "xhigh">;
export type Verbosity = OpenString<"low" | "medium" | "high">;

/** How much the model thinks and what of it is told. */
export interface ReasoningParam {
  readonly effort?: ReasoningEffort;
  readonly summary?: OpenString<"auto" | "concise" | "detailed">;
  /** Later than the reference. */
  readonly context?: OpenString<"auto" | "current_turn" | "all_turns">;
}

/** How the text of the answer is written. */
export interface TextParam {
  readonly verbosity?: Verbosity;
  readonly format?: object;
}

/**
 * Body of `POST responses`, in wire names. Only `model` and `input` are required. `stream: true` is added. A field that is
 * not listed here (`temperature`, `max_output_tokens`, …) is sent as it is, after the others.
 */
export interface ResponsesRequest {
  readonly model: string;
  readonly input: RequestInput;
  /** Default: empty. */
  readonly instructions?: string | null;
  /** Default: none. */
  readonly tools?: readonly object[] | null;
  /** Default: `auto`. */
  readonly tool_choice?: OpenString<"auto" | "none" | "required"> | object | null;
  /** Default: true. */
  readonly parallel_tool_calls?: boolean | null;
  /** Default: `null`, for models that do not reason. */
  readonly reasoning?: ReasoningParam | null;
  /** Shall the server keep the response? Default: only on Azure. */
  readonly store?: boolean | null;
  /** Default: `reasoning.encrypted_content` when `reasoning` is given, so that an unstored conversation can go on; else nothing. */
  readonly include?: readonly string[] | null;
  /** `fast` is sent as `priority`. Default: the account's. */
  readonly service_tier?: OpenString<"fast" | "priority" | "flex"> | null;
  /** One key per conversation makes its shared beginning cheap. */
  readonly prompt_cache_key?: string | null;
  readonly text?: TextParam | null;
  readonly client_metadata?: Readonly<Record<string, string>>;
  /** Later than the reference, as is `access_programs`. */
  readonly stream_options?: { readonly reasoning_summary_delivery?: OpenString<"sequential_cutoff"> };
  readonly access_programs?: { readonly cyber?: OpenString<"standard" | "daybreak_blue" | "daybreak_red"> };
  readonly [field: string]: unknown;
}

export interface RequestEncoding {
  /** Azure: `store` is true unless the request says otherwise, and then the items keep the ids that the server knows. Default false. */
  readonly azure?: boolean | undefined;
  /** Do items go out with their ids? `drop` is the reference's way of March 2026, `send` today's. Default `drop`. */
  readonly itemIds?: "drop" | "send" | undefined;
}

/**
 * The body as it goes out, its keys in the reference's order: two equal requests are equal texts, which prompt caches like.
 *
 * @throws {@link BuildError} `model` or `input` is missing, or an item has no `type`.
 */
export function encodeResponsesRequest(request: ResponsesRequest, encoding: RequestEncoding = {}): JsonObject {
  const {
    model,
    instructions,
    input,
    tools,
    tool_choice,
    parallel_tool_calls,
    reasoning,
    store,
    stream: _always,
    include,
    service_tier,
    prompt_cache_key,
    text,
    ...further
  } = request;
  checkModel(model);
  const azure = encoding.azure ?? false;
  const stored = store ?? azure;
  return {
    model,
    instructions: instructions ?? "",
    input: encodeRequestInput(input, { attachIds: encoding.itemIds === "send" || (azure && stored) }),
    tools: tools ?? [],
    tool_choice: tool_choice ?? "auto",
    parallel_tool_calls: parallel_tool_calls ?? true,
    reasoning: reasoning ?? null,
    store: stored,
    stream: true,
    include: include ?? (reasoning ? ["reasoning.encrypted_content"] : []),
    ...given("service_tier", service_tier === "fast" ? "priority" : service_tier),
    ...given("prompt_cache_key", prompt_cache_key),
    ...given("text", text),
    ...defined(further),
  };
}

export interface WebsocketFrameExtras {
  readonly previousResponseId?: string | undefined;
  /** False prepares the connection and the cache without an answer. */
  readonly generate?: boolean | undefined;
  /** Joined with the body's own `client_metadata`; an entry here wins. */
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined;
}

/** The request as a `response.create` frame. `body` is what HTTP would send. */
export function websocketFrame(body: JsonObject, extras: WebsocketFrameExtras = {}): JsonObject {
  const { type: _type, model, instructions, previous_response_id, generate, client_metadata, ...further } = body;
  const metadata = { ...(isJsonObject(client_metadata) ? client_metadata : {}), ...extras.clientMetadata };
  return {
    type: "response.create",
    ...defined({ model, instructions }),
    ...given("previous_response_id", extras.previousResponseId ?? previous_response_id),
    ...further,
    ...given("generate", extras.generate ?? generate),
    ...(Object.keys(metadata).length > 0 ? { client_metadata: metadata } : {}),
  };
}

export interface TextOptions {
  readonly verbosity?: Verbosity | undefined;
  /** JSON Schema that the answer shall follow. */
  readonly schema?: unknown;
  /** Must the answer follow `schema` to the letter? Default true. */
  readonly strict?: boolean | undefined;
}

/** `text` for a verbosity, a structured answer or both; `undefined` when neither is asked for. */
export function createTextParam(options: TextOptions): TextParam | undefined {
  const { verbosity, schema, strict = true } = options;
  const hasSchema = schema !== undefined && schema !== null;
  if (verbosity === undefined && !hasSchema) return undefined;
  return {
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(hasSchema ? { format: { type: "json_schema", strict, schema, name: "codex_output_schema" } } : {}),
  };
}

function given(name: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
