import { ProtocolError } from "../../../client/failure/kinds.ts";
import { header } from "../../headers.ts";
import { decodeRateLimitsEvent } from "../../rate-limits.ts";
import { mapErrorEvent, mapFailedResponse } from "../../refusal/event.ts";
import type { CodexFailure } from "../../refusal/kinds.ts";
import { invalidType, missingField } from "../../wire/decode-failure.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import type {
  CreatedEvent,
  IncompleteEvent,
  OutputTextDeltaEvent,
  ReasoningSummaryTextDeltaEvent,
  ReasoningTextDeltaEvent,
  ResponseEvent,
  TokenUsage,
} from "../events.ts";
import type { ResponseEnd } from "../received.ts";

/** The stream ends with this error. */
export interface FailedEvent extends ResponseEnd {
  readonly type: "failed";
  readonly error: CodexFailure;
}
/** What elsewhere is in the response headers, told in the middle of a stream. */
export interface MetadataEvent {
  readonly type: "metadata";
  readonly turnState?: string;
  readonly modelsEtag?: string;
}
/** Nothing for the caller; the stream goes on. */
export interface SkippedWireEvent {
  readonly type: "skipped";
  readonly reason: "unknown type" | "missing field";
}

/** What a delta means. */
export type DecodedDelta =
  | OutputTextDeltaEvent
  | ReasoningSummaryTextDeltaEvent
  | ReasoningTextDeltaEvent
  | SkippedWireEvent;

/** What was recognized of an event without parsing it, and its wire type. */
export interface ScannedEvent {
  readonly type: string;
  readonly decoded: DecodedDelta | CreatedEvent;
}

/** What one wire event means. `completed` and `failed` end the stream. */
export type DecodedEvent = ResponseEvent | FailedEvent | MetadataEvent | SkippedWireEvent;

export const DELTA = {
  text: "response.output_text.delta",
  summary: "response.reasoning_summary_text.delta",
  reasoning: "response.reasoning_text.delta",
} as const;
export const CREATED = "response.created";

// Shared: most events of a stream are skipped, and none of them shall cost an object.
export const UNKNOWN_TYPE: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "unknown type" });
const MISSING_FIELD: SkippedWireEvent = Object.freeze({ type: "skipped", reason: "missing field" });

/** The types that are read, each with what its event means. */
const DECODERS = new Map<unknown, (event: JsonObject, text: string) => DecodedEvent>([
  [DELTA.text, (event) => outputTextDelta(event.delta)],
  [DELTA.summary, (event) => summaryTextDelta(event.delta, event.summary_index)],
  [DELTA.reasoning, (event) => reasoningTextDelta(event.delta, event.content_index)],
  ["response.output_item.added", (event) => withItem("output_item.added", event.item)],
  ["response.output_item.done", (event) => withItem("output_item.done", event.item)],
  ["response.reasoning_summary_part.added", (event) => summaryPartAdded(event.summary_index)],
  [CREATED, (event) => (event.response === undefined || event.response === null ? MISSING_FIELD : created())],
  ["response.completed", (event) => completed(event.response)],
  ["response.failed", (event) => failedResponse(event.response)],
  ["response.incomplete", (event) => incomplete(event.response)],
  ["error", (event, text) => failed(mapErrorEvent(event, text))],
  ["codex.rate_limits", (event) => ({ type: "rate_limits", snapshot: decodeRateLimitsEvent(event) })],
  ["response.metadata", (event) => metadata(event.headers)],
  ["codex.response.metadata", (event) => metadata(event.headers)],
  // Gateways tell of a failure without a type in the middle of a stream (LiteLLM, vLLM).
  [undefined, (event, text) => (saysError(event) ? failed(mapErrorEvent(event, text)) : MISSING_FIELD)],
]);

/** False: an event of this type says nothing, whatever is in it; but see {@link serverModelOf}. */
export function isReadType(type: string): boolean {
  return DECODERS.has(type);
}

/**
 * Decodes one event of a response stream, the same on SSE and WebSocket. Never throws.
 *
 * Every `error` event fails the stream, and so does a gateway's `{"error": …}` without a type.
 *
 * @param text - The event as it arrived: a refusal keeps it.
 * @see The reference's event table; it differs in ignoring `error` on SSE, in holding `response.failed` back until the
 *   body ends, and in treating `response.incomplete` as a broken stream.
 */
export function decodeWireEvent(event: JsonObject, text: string): DecodedEvent {
  return DECODERS.get(event.type)?.(event, text) ?? UNKNOWN_TYPE;
}

export function created(): CreatedEvent {
  return { type: "created" };
}

export function outputTextDelta(delta: unknown): DecodedDelta {
  return typeof delta === "string" ? { type: "output_text.delta", delta } : MISSING_FIELD;
}

export function summaryTextDelta(delta: unknown, summaryIndex: unknown): DecodedDelta {
  if (typeof delta !== "string" || !isIndex(summaryIndex)) return MISSING_FIELD;
  return { type: "reasoning_summary_text.delta", delta, summaryIndex };
}

export function reasoningTextDelta(delta: unknown, contentIndex: unknown): DecodedDelta {
  if (typeof delta !== "string" || !isIndex(contentIndex)) return MISSING_FIELD;
  return { type: "reasoning_text.delta", delta, contentIndex };
}

/**
 * The model that really answers, as any event may tell: `openai-model` or `x-openai-model` in `response.headers`, else in
 * the event's own `headers`. `response.model` is the model that was asked for and does not count.
 */
export function serverModelOf(event: JsonObject): string | undefined {
  const { response } = event;
  const model = isJsonObject(response) ? headerIn(response.headers, isModelHeader) : undefined;
  return model ?? headerIn(event.headers, isModelHeader);
}

function saysError({ error, detail }: JsonObject): boolean {
  return isJsonObject(error) || typeof error === "string" || typeof detail === "string";
}

function withItem(type: "output_item.added" | "output_item.done", told: unknown): DecodedEvent {
  const item = decodeItem(told);
  return item ? { type, item } : MISSING_FIELD;
}

function summaryPartAdded(summaryIndex: unknown): DecodedEvent {
  return isIndex(summaryIndex) ? { type: "reasoning_summary_part.added", summaryIndex } : MISSING_FIELD;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function failed(error: CodexFailure): FailedEvent {
  return { type: "failed", error };
}

function failedResponse(response: unknown): FailedEvent {
  return { type: "failed", error: mapFailedResponse(fieldOf(response, "error")), ...responseEnd(response) };
}

function incomplete(response: unknown): IncompleteEvent {
  return { type: "incomplete", reason: incompleteReason(response), ...responseEnd(response) };
}

/** What can be read of it: a response that ended early is paid for too. */
function responseEnd(response: unknown): ResponseEnd {
  const id = fieldOf(response, "id");
  const usage = fieldOf(response, "usage");
  return {
    ...(typeof id === "string" && id !== "" ? { responseId: id } : {}),
    ...(isJsonObject(usage) ? { tokenUsage: tokenUsage(usage) } : {}),
  };
}

function completed(response: unknown): DecodedEvent {
  if (response === undefined || response === null) return MISSING_FIELD;
  if (!isJsonObject(response)) return undecodable(invalidType(response, "struct ResponseCompleted"));
  const { id, usage, status } = response;
  // Gateways tell an early end so (vLLM).
  if (status === "incomplete") return incomplete(response);
  if (status === "failed") return failedResponse(response);
  if (id === undefined) return undecodable(missingField("id"));
  if (typeof id !== "string") return undecodable(invalidType(id, "a string"));
  if (usage === undefined || usage === null) return { type: "completed", responseId: id };
  if (!isJsonObject(usage)) return undecodable(invalidType(usage, "struct ResponseCompletedUsage"));
  for (const field of ["input_tokens", "output_tokens", "total_tokens"]) {
    if (usage[field] === undefined) return undecodable(missingField(field));
    if (!Number.isSafeInteger(usage[field])) return undecodable(invalidType(usage[field], "i64"));
  }
  return { type: "completed", responseId: id, tokenUsage: tokenUsage(usage) };
}

function undecodable(why: string): FailedEvent {
  return failed(new ProtocolError(`failed to parse ResponseCompleted: ${why}`));
}

export function tokenUsage(usage: JsonObject): TokenUsage {
  return {
    inputTokens: tokens(usage, "input_tokens"),
    cachedInputTokens: tokens(usage.input_tokens_details, "cached_tokens"),
    outputTokens: tokens(usage, "output_tokens"),
    reasoningOutputTokens: tokens(usage.output_tokens_details, "reasoning_tokens"),
    totalTokens: tokens(usage, "total_tokens"),
  };
}

function tokens(counts: unknown, field: string): number {
  const count = fieldOf(counts, field);
  return typeof count === "number" ? count : 0;
}

function incompleteReason(response: unknown): string {
  const reason = fieldOf(fieldOf(response, "incomplete_details"), "reason");
  return typeof reason === "string" && reason !== "" ? reason : "unknown";
}

function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

function metadata(headers: unknown): MetadataEvent | SkippedWireEvent {
  const turnState = headerInEvent(headers, header.turnState);
  const modelsEtag = headerInEvent(headers, header.modelsEtag);
  if (turnState === undefined && modelsEtag === undefined) return UNKNOWN_TYPE;
  return {
    type: "metadata",
    ...(turnState === undefined ? {} : { turnState }),
    ...(modelsEtag === undefined ? {} : { modelsEtag }),
  };
}

const isModelHeader = (name: string): boolean => name === header.openaiModel || name === `x-${header.openaiModel}`;

/** A header inside an event: of any case, a text or the first text of a list. */
export function headerInEvent(headers: unknown, wanted: string): string | undefined {
  return headerIn(headers, (name) => name === wanted);
}

function headerIn(headers: unknown, isWanted: (lowerCaseName: string) => boolean): string | undefined {
  if (!isJsonObject(headers)) return undefined;
  for (const name of Object.keys(headers)) {
    if (!isWanted(name.toLowerCase())) continue;
    const value = headers[name];
    const first: unknown = Array.isArray(value) ? value.find((entry) => typeof entry === "string") : value;
    if (typeof first === "string") return first;
  }
  return undefined;
}
