import { type Fields, fieldsIn, isFields, listIn } from "../fields.ts";
import type { ResponsesRequest } from "./request.ts";

/** One response while it is made. */
export interface Turn {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly request: ResponsesRequest;
  /** Everything said so far, the request's input included. */
  readonly conversation: readonly Fields[];
}

export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** What this request put into the cache, where the next one finds it. */
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface TurnState {
  readonly status: "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
  readonly output: readonly Fields[];
  readonly usage?: Usage;
  /** Unix seconds. */
  readonly completedAt?: number;
  /** Of an incomplete response. */
  readonly reason?: string;
  /** Of a failed response. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** The `response` of an event: the request echoed with defaults, fields in the order of the recorded service. */
export function responseObject(turn: Turn, state: TurnState): Fields {
  const { body, isBackground, conversationId } = turn.request;
  const given = (name: string, fallback: unknown): unknown => body[name] ?? fallback;
  const finished = state.status !== "in_progress" && state.status !== "queued";
  return {
    id: turn.id,
    object: "response",
    created_at: turn.createdAt,
    status: state.status,
    background: isBackground,
    completed_at: state.status === "completed" ? (state.completedAt ?? null) : null,
    error: state.error ?? null,
    frequency_penalty: given("frequency_penalty", 0),
    incomplete_details: state.status === "incomplete" ? { reason: state.reason ?? "max_output_tokens" } : null,
    instructions: given("instructions", null),
    max_output_tokens: given("max_output_tokens", null),
    max_tool_calls: given("max_tool_calls", null),
    model: turn.request.model,
    output: state.output,
    parallel_tool_calls: given("parallel_tool_calls", true),
    presence_penalty: given("presence_penalty", 0),
    previous_response_id: given("previous_response_id", null),
    prompt_cache_key: given("prompt_cache_key", null),
    prompt_cache_retention: given("prompt_cache_retention", null),
    reasoning: { effort: null, summary: null, ...fieldsIn(body, "reasoning") },
    safety_identifier: given("safety_identifier", null),
    service_tier: tierOf(body, finished),
    store: given("store", true),
    temperature: given("temperature", 1),
    text: { format: { type: "text" }, verbosity: "medium", ...textOf(body) },
    tool_choice: choiceOf(body),
    tools: listIn(body, "tools").map(wholeTool),
    top_logprobs: given("top_logprobs", 0),
    top_p: given("top_p", 1),
    truncation: given("truncation", "disabled"),
    usage: state.usage ? usageObject(state.usage) : null,
    user: given("user", null),
    metadata: given("metadata", {}),
    ...(conversationId !== undefined && { conversation: { id: conversationId } }),
    ...(state.reason === "interrupted" && { end_turn: false }),
  };
}

/** What was asked for while it is made, what was given when it is done. */
function tierOf({ service_tier: asked }: Fields, finished: boolean): unknown {
  if (asked === undefined || asked === null || asked === "auto") return finished ? "default" : "auto";
  return asked;
}

function textOf(body: Fields): Fields {
  const text = fieldsIn(body, "text") ?? {};
  const format = fieldsIn(text, "format");
  if (format?.type !== "json_schema") return text;
  return { ...text, format: { type: "json_schema", description: null, strict: false, ...format } };
}

function choiceOf({ tool_choice: choice }: Fields): unknown {
  if (!isFields(choice) || choice.type !== "allowed_tools") return choice ?? "auto";
  return { ...choice, mode: choice.mode ?? "auto" };
}

/** A tool as the service repeats it: what was left out is there, as null or its default. */
function wholeTool(tool: Fields): Fields {
  switch (tool.type) {
    case "function":
      return { type: "function", description: null, name: "", parameters: null, strict: null, ...tool };
    case "custom":
      return { type: "custom", description: null, format: { type: "text" }, ...tool };
    case "namespace":
      return { ...tool, tools: listIn(tool, "tools").map(wholeTool) };
    case "mcp":
      return { allowed_tools: null, headers: null, require_approval: "always", server_description: null, ...tool };
    case "web_search":
      return { filters: null, search_context_size: "medium", user_location: null, ...tool };
    default:
      return tool;
  }
}

function usageObject(usage: Usage): Fields {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
