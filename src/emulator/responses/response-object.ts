import { type Fields, fieldsIn } from "../fields.ts";
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
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface TurnState {
  readonly status: "in_progress" | "completed" | "incomplete";
  readonly output: readonly Fields[];
  readonly usage?: Usage;
  /** Unix seconds. */
  readonly completedAt?: number;
}

/** The `response` of an event: the request echoed with defaults, fields in the order of the recorded service. */
export function responseObject(turn: Turn, state: TurnState): Fields {
  const { body } = turn.request;
  const given = (name: string, fallback: unknown): unknown => body[name] ?? fallback;
  const finished = state.status !== "in_progress";
  return {
    id: turn.id,
    object: "response",
    created_at: turn.createdAt,
    status: state.status,
    background: false,
    completed_at: state.status === "completed" ? (state.completedAt ?? null) : null,
    error: null,
    frequency_penalty: given("frequency_penalty", 0),
    incomplete_details: state.status === "incomplete" ? { reason: "max_output_tokens" } : null,
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
    service_tier: given("service_tier", finished ? "default" : "auto"),
    store: given("store", true),
    temperature: given("temperature", 1),
    text: { format: { type: "text" }, verbosity: "medium", ...fieldsIn(body, "text") },
    tool_choice: given("tool_choice", "auto"),
    tools: given("tools", []),
    top_logprobs: given("top_logprobs", 0),
    top_p: given("top_p", 1),
    truncation: given("truncation", "disabled"),
    usage: state.usage ? usageObject(state.usage) : null,
    user: given("user", null),
    metadata: given("metadata", {}),
  };
}

function usageObject(usage: Usage): Fields {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
