import { type Fields, fieldsIn, isFields, listIn } from "../fields.ts";
import type { ResponsesRequest } from "./request.ts";

/** One response while it is generated. */
export interface Turn {
  readonly id: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly request: ResponsesRequest;
  /** The conversation so far, including the request's input. */
  readonly conversation: readonly Fields[];
}

export interface Usage {
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Tokens that this request wrote to the cache, for the next one to read. */
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

export interface TurnState {
  readonly status: "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
  readonly output: readonly Fields[];
  readonly usage?: Usage | undefined;
  /** Unix seconds. */
  readonly completedAt?: number;
  /** Of an incomplete response. */
  readonly reason?: string | undefined;
  /** Of a failed response. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

const PLAIN_TEXT: Fields = { format: { type: "text" }, verbosity: "medium" };

/** A field of the request that the response repeats: its name, its default, and the form in which a given value is repeated. */
type Echo = readonly [name: string, fallback: unknown, repeat?: (given: unknown) => unknown];

/** Adjacent fields of a response that only repeat the request. */
class Echoes {
  readonly #rows: readonly Echo[];
  readonly #untouched: string;

  constructor(...rows: readonly Echo[]) {
    this.#rows = rows;
    this.#untouched = this.#jsonOf({});
  }

  /** Each with a comma after it. Most requests set none of them. */
  of(body: Fields): string {
    return this.#rows.some(([name]) => isGiven(body[name])) ? this.#jsonOf(body) : this.#untouched;
  }

  #jsonOf(body: Fields): string {
    let json = "";
    for (const [name, fallback, repeat] of this.#rows) {
      const given = body[name];
      const value = isGiven(given) ? (repeat ? repeat(given) : given) : fallback;
      json += `"${name}":${JSON.stringify(value)},`;
    }
    return json;
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

const PENALTY = new Echoes(["frequency_penalty", 0]);
const LIMITS = new Echoes(["instructions", null], ["max_output_tokens", null], ["max_tool_calls", null]);
const SETTINGS = new Echoes(
  ["parallel_tool_calls", true],
  ["presence_penalty", 0],
  ["previous_response_id", null],
  ["prompt_cache_key", null],
  ["prompt_cache_retention", null],
  ["reasoning", { effort: null, summary: null }, (given) => ({ effort: null, summary: null, ...fieldsOf(given) })],
  ["safety_identifier", null],
);
const TOOLS = new Echoes(
  ["store", true],
  ["temperature", 1],
  ["text", PLAIN_TEXT, (given) => ({ ...PLAIN_TEXT, ...wholeText(fieldsOf(given)) })],
  ["tool_choice", "auto", wholeChoice],
  ["tools", [], (given) => listIn({ given }, "given").map(wholeTool)],
  ["top_logprobs", 0],
  ["top_p", 1],
  ["truncation", "disabled"],
);
const LABELS = new Echoes(["user", null], ["metadata", {}]);

/** The `response` of an event, as JSON: the request repeated with defaults, fields in the order of the recorded service. */
export function responseJson({ id, createdAt, request }: Turn, state: TurnState): string {
  const { body, model, isBackground, conversationId } = request;
  const { status, reason } = state;
  const completedAt = status === "completed" ? (state.completedAt ?? null) : null;
  const incomplete = status === "incomplete" ? { reason: reason ?? "max_output_tokens" } : null;
  return (
    `{"id":"${id}","object":"response","created_at":${createdAt},"status":"${status}","background":${isBackground},` +
    `"completed_at":${completedAt},"error":${JSON.stringify(state.error ?? null)},${PENALTY.of(body)}` +
    `"incomplete_details":${JSON.stringify(incomplete)},${LIMITS.of(body)}"model":${JSON.stringify(model)},` +
    `"output":${JSON.stringify(state.output)},${SETTINGS.of(body)}"service_tier":${JSON.stringify(tierOf(body, status))},` +
    `${TOOLS.of(body)}"usage":${state.usage ? usageJson(state.usage) : null},${LABELS.of(body).slice(0, -1)}` +
    `${conversationId === undefined ? "" : `,"conversation":{"id":${JSON.stringify(conversationId)}}`}` +
    `${reason === "interrupted" ? ',"end_turn":false' : ""}}`
  );
}

/** The requested tier while the response is generated, the actual one when it is done. */
function tierOf({ service_tier: asked }: Fields, status: TurnState["status"]): unknown {
  if (isGiven(asked) && asked !== "auto") return asked;
  return status === "in_progress" || status === "queued" ? "auto" : "default";
}

function wholeText(text: Fields): Fields {
  const format = fieldsIn(text, "format");
  if (format?.type !== "json_schema") return text;
  return { ...text, format: { type: "json_schema", description: null, strict: false, ...format } };
}

function wholeChoice(choice: unknown): unknown {
  if (!isFields(choice) || choice.type !== "allowed_tools") return choice;
  return { ...choice, mode: choice.mode ?? "auto" };
}

/** A tool as the service repeats it: with null or a default for each field that was left out. */
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

function usageJson({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens, reasoningTokens }: Usage): string {
  return (
    `{"input_tokens":${inputTokens},` +
    `"input_tokens_details":{"cached_tokens":${cachedTokens},"cache_write_tokens":${cacheWriteTokens}},` +
    `"output_tokens":${outputTokens},"output_tokens_details":{"reasoning_tokens":${reasoningTokens}},` +
    `"total_tokens":${inputTokens + outputTokens}}`
  );
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}
