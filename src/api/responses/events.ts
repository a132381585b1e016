import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { ResponseItem } from "../wire/items.ts";

export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

export interface CreatedEvent {
  readonly type: "created";
}
export interface OutputItemAddedEvent {
  readonly type: "output_item.added";
  readonly item: ResponseItem;
}
export interface OutputItemDoneEvent {
  readonly type: "output_item.done";
  readonly item: ResponseItem;
}
export interface OutputTextDeltaEvent {
  readonly type: "output_text.delta";
  readonly delta: string;
}
export interface ReasoningSummaryTextDeltaEvent {
  readonly type: "reasoning_summary_text.delta";
  readonly delta: string;
  readonly summaryIndex: number;
}
export interface ReasoningTextDeltaEvent {
  readonly type: "reasoning_text.delta";
  readonly delta: string;
  readonly contentIndex: number;
}
export interface ReasoningSummaryPartAddedEvent {
  readonly type: "reasoning_summary_part.added";
  readonly summaryIndex: number;
}
export interface CompletedEvent {
  readonly type: "completed";
  readonly responseId: string;
  readonly tokenUsage?: TokenUsage;
}
export interface RateLimitsEvent {
  readonly type: "rate_limits";
  readonly snapshot: RateLimitSnapshot;
}
export interface ServerModelEvent {
  readonly type: "server_model";
  readonly model: string;
}
export interface ServerReasoningIncludedEvent {
  readonly type: "server_reasoning_included";
  readonly included: true;
}
export interface ModelsEtagEvent {
  readonly type: "models_etag";
  readonly etag: string;
}
/** A wire event that no other type covers, as it came; only with the option `wireEvents`. */
export interface WireEvent {
  readonly type: "wire";
  readonly event: Readonly<Record<string, unknown>>;
}

/** What a response stream yields, in wire order. `type` is the wire name without `response.`. */
export type ResponseEvent =
  | CreatedEvent
  | OutputItemAddedEvent
  | OutputItemDoneEvent
  | OutputTextDeltaEvent
  | ReasoningSummaryTextDeltaEvent
  | ReasoningTextDeltaEvent
  | ReasoningSummaryPartAddedEvent
  | CompletedEvent
  | RateLimitsEvent
  | ServerModelEvent
  | ServerReasoningIncludedEvent
  | ModelsEtagEvent
  | WireEvent;
