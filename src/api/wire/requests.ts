import { BuildError } from "../../client/failure/kinds.ts";
import { knownOptions, withoutUndefined } from "../../client/options.ts";
import { type JsonObject, objectOf } from "./json.ts";
import type { RequestFields, ResponsesRequest, TextParam, Verbosity } from "./request-fields.ts";
import { checkRequest, InputList, inputItems } from "./request-input.ts";
import type { JsonSchema } from "./schema.ts";

export type { ReasoningEffort, ReasoningParam, ResponsesRequest, TextParam, Verbosity } from "./request-fields.ts";

export interface RequestEncoding {
  /** Azure: `store` is true unless the request says otherwise, and items then keep the ids that the server knows. Default false. */
  readonly azure?: boolean | undefined;
  /** Whether items are sent with their ids. `drop` is what the Rust client of March 2026 does, `send` what today's does. Default `drop`. */
  readonly itemIds?: "drop" | "send" | undefined;
}

/** All fields of {@link RequestFields}; the compiler checks that. */
const TYPED_FIELDS: Readonly<Record<keyof RequestFields, true>> = {
  access_programs: true,
  background: true,
  client_metadata: true,
  context_management: true,
  conversation: true,
  generate: true,
  image: true,
  include: true,
  input: true,
  instructions: true,
  max_output_tokens: true,
  max_tool_calls: true,
  metadata: true,
  model: true,
  moderation: true,
  parallel_tool_calls: true,
  previous_response_id: true,
  prompt: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning: true,
  safety_identifier: true,
  service_tier: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  text: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  truncation: true,
  user: true,
};

/**
 * The body to send. Its keys are in the Rust client's order, then further ones, then those of `extra`: equal requests become equal texts,
 * which prompt caches need. Its `input` is an {@link InputList}, a list only as JSON.
 *
 * @throws {@link BuildError} The request is no object, `input` is neither a text nor a list of objects, or `extra` repeats a typed field.
 */
export function encodeResponsesRequest(request: ResponsesRequest, encoding: RequestEncoding = {}): JsonObject {
  checkRequest(request);
  if (request.input === undefined && "messages" in request)
    throw new BuildError("input is missing: it is what Chat Completions calls messages");
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
    extra,
    ...further
  } = request;
  const { azure = false, itemIds = "drop" } = encoding;
  // The service refuses a background response that is not stored.
  const stored = store ?? (azure || request.background === true);
  const ids = itemIds === "drop" && azure && stored ? "append" : itemIds;
  return {
    ...given("model", model),
    instructions: instructions ?? "",
    input: new InputList(inputItems(input), { ids, stored }),
    tools: tools ?? [],
    tool_choice: tool_choice ?? "auto",
    parallel_tool_calls: parallel_tool_calls ?? true,
    reasoning: reasoning ?? null,
    store: stored,
    stream: true,
    include: include ?? (reasoning ? ["reasoning.encrypted_content"] : []),
    ...given("service_tier", sentTier(service_tier)),
    ...given("prompt_cache_key", prompt_cache_key),
    ...given("text", text),
    ...withoutUndefined(further),
    ...extraFields(extra, TYPED_FIELDS),
  };
}

/** The wire name of the tier `fast`, as in the Rust client. */
export function sentTier(tier: string | null | undefined): string | null | undefined {
  return tier === "fast" ? "priority" : tier;
}

/**
 * The fields of a request besides its typed ones.
 *
 * @throws {@link BuildError} One of them is typed: it is unclear which of the two should be sent.
 */
export function extraFields(extra: JsonObject | undefined, typed: object): JsonObject {
  for (const name in extra) {
    if (extra[name] !== undefined && Object.hasOwn(typed, name)) {
      throw new BuildError(`extra.${name} repeats a field of the request itself: set ${name} there`);
    }
  }
  return withoutUndefined(extra ?? {});
}

export interface WebSocketFrameExtras {
  readonly previousResponseId?: string | undefined;
  /** `false` prepares the connection and the cache without an answer. */
  readonly generate?: boolean | undefined;
  /** Merged with the body's own `client_metadata`; entries here take precedence. */
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined;
}

/** The request as a `response.create` frame. `body` is what HTTP would send. */
export function websocketFrame(body: JsonObject, extras: WebSocketFrameExtras = {}): JsonObject {
  const { type: _type, model, instructions, previous_response_id, generate, client_metadata, ...further } = body;
  const metadata = { ...objectOf(client_metadata), ...extras.clientMetadata };
  return {
    type: "response.create",
    ...withoutUndefined({ model, instructions }),
    ...given("previous_response_id", extras.previousResponseId ?? previous_response_id),
    ...further,
    ...given("generate", extras.generate ?? generate),
    ...(Object.keys(metadata).length > 0 ? { client_metadata: metadata } : {}),
  };
}

export interface TextOptions {
  /** How long the answer should be. @default the service's */
  readonly verbosity?: Verbosity | undefined;
  /** JSON Schema for the answer. By default the answer is plain text. */
  readonly schema?: JsonSchema | null | undefined;
  /** Whether the answer must match `schema` exactly. Default true. */
  readonly strict?: boolean | undefined;
}

const TEXT = knownOptions<TextOptions>("the options of createTextParam", {
  verbosity: true,
  schema: true,
  strict: true,
});

/** `text` for a verbosity, a structured answer or both; `undefined` if neither is requested. */
export function createTextParam(options: TextOptions): TextParam | undefined {
  TEXT(options);
  const { verbosity, schema, strict = true } = options;
  if (verbosity === undefined && !schema) return undefined;
  return {
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(schema ? { format: { type: "json_schema", strict, schema, name: "codex_output_schema" } } : {}),
  };
}

function given(name: string, value: unknown): JsonObject {
  return value === undefined || value === null ? {} : { [name]: value };
}
