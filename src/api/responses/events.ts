import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { ResponseItem } from "../wire/items.ts";

/** Tokens of one response. Cached ones are among the input, reasoning among the output; 0 where the service does not tell these two. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

/** The service has taken the request. */
export interface CreatedEvent {
  readonly type: "created";
}
/** An item begins; its content comes in deltas and, whole, with `output_item.done`. */
export interface OutputItemAddedEvent {
  readonly type: "output_item.added";
  readonly item: ResponseItem;
}
/** An item is complete, as received: what a history keeps. */
export interface OutputItemDoneEvent {
  readonly type: "output_item.done";
  readonly item: ResponseItem;
}
/** A piece of the answer. */
export interface OutputTextDeltaEvent {
  readonly type: "output_text.delta";
  readonly delta: string;
}
/** A piece of the reasoning's summary; `summaryIndex` counts its parts from 0. */
export interface ReasoningSummaryTextDeltaEvent {
  readonly type: "reasoning_summary_text.delta";
  readonly delta: string;
  readonly summaryIndex: number;
}
/** A piece of the reasoning itself, where a model shows it. */
export interface ReasoningTextDeltaEvent {
  readonly type: "reasoning_text.delta";
  readonly delta: string;
  readonly contentIndex: number;
}
/** A part of the summary begins. */
export interface ReasoningSummaryPartAddedEvent {
  readonly type: "reasoning_summary_part.added";
  readonly summaryIndex: number;
}
/** The end of every stream that ends well. */
export interface CompletedEvent {
  readonly type: "completed";
  readonly responseId: string;
  readonly tokenUsage?: TokenUsage;
  /** Did the model end its turn? Only with the option `laterEvents`. */
  readonly endTurn?: boolean;
  /** As received. Only with the option `laterEvents`. */
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
}
/** The end of a response that stopped early; only with the option `incomplete: "end"`. */
export interface IncompleteEvent {
  readonly type: "incomplete";
  /** `max_output_tokens`, `content_filter`, …, or `unknown`. */
  readonly reason: string;
  readonly responseId?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
}
/** Limits of the account: from the answer's headers before the first event, and whenever the service tells them later. */
export interface RateLimitsEvent {
  readonly type: "rate_limits";
  readonly snapshot: RateLimitSnapshot;
}
/** The model that really answers, where the service says so; once for each change. */
export interface ServerModelEvent {
  readonly type: "server_model";
  readonly model: string;
}
/** The server counts earlier reasoning by itself (`x-reasoning-included`). */
export interface ServerReasoningIncludedEvent {
  readonly type: "server_reasoning_included";
  readonly included: true;
}
/** The version of the list of models; another one than last time: fetch it anew. */
export interface ModelsEtagEvent {
  readonly type: "models_etag";
  readonly etag: string;
}
/** A wire event that no other type covers, as it came; only with the option `wireEvents`. */
export interface WireEvent {
  readonly type: "wire";
  readonly event: Readonly<Record<string, unknown>>;
}
/** A piece of a custom tool's input, while the model writes it. Only with the option `laterEvents`, as are the following. */
export interface ToolCallInputDeltaEvent {
  readonly type: "tool_call_input.delta";
  /** The call's id where the service names no item. */
  readonly itemId: string;
  readonly callId?: string;
  readonly delta: string;
}
/** The whole text of a part of the reasoning summary; its deltas came before. */
export interface ReasoningSummaryTextDoneEvent {
  readonly type: "reasoning_summary_text.done";
  readonly itemId: string;
  readonly text: string;
  readonly summaryIndex: number;
}
/** What the service recommends the account to prove: `trusted_access_for_cyber`. */
export interface ModelVerificationsEvent {
  readonly type: "model_verifications";
  readonly verifications: readonly string[];
}
/** The service's notes on the moderation of this turn, as received. */
export interface TurnModerationMetadataEvent {
  readonly type: "turn_moderation_metadata";
  readonly metadata: unknown;
}
/** The answer is held back while the service checks it. */
export interface SafetyBufferingEvent {
  readonly type: "safety_buffering";
  readonly useCases: readonly string[];
  readonly reasons: readonly string[];
  /** Tell the user that the answer waits. True where the service does not say. */
  readonly showBufferingUi: boolean;
  /** A model that would answer at once. */
  readonly fasterModel?: string;
}
/**
 * Only from a session: the stream broke and a new one takes its place. Nothing that was yielded comes again.
 *
 * Of what was yielded so far in this call, the first `keptItems` finished items (`output_item.done`) stand: they were added to the input of
 * the new request, and the answer goes on after them. Everything else, deltas and items begun or finished, is void. A tool call that was
 * finished is void too, with all that follows it, because the request could not go out again without the tool's output: run tools after
 * `completed`.
 */
export interface RestartedEvent {
  readonly type: "restarted";
  /** 1 for the first retry; 0 where the restart costs none (another carrier). */
  readonly retry: number;
  /** The wait before the new request, in milliseconds. */
  readonly delayMs: number;
  /** `kind` of the error that ended the stream. */
  readonly reason: string;
  readonly keptItems: number;
}

/**
 * Only from a response in the background: its stream broke, and it goes on where it was. Everything that was yielded stands, and nothing of it comes
 * again.
 */
export interface ResumedEvent {
  readonly type: "resumed";
  /** 1 for the first retry since the last event. */
  readonly retry: number;
  /** The wait before it, in milliseconds. */
  readonly delayMs: number;
  /** `kind` of the error that ended the stream. */
  readonly reason: string;
  /** `polling`: the service does not stream it any more; it is asked for until it is done, and then what is missing comes at once. */
  readonly by: "stream" | "polling";
}

/** What a response stream yields, in wire order. `type` is the wire name without `response.`, or a name of this package where there is no such event. */
export type ResponseEvent =
  | CreatedEvent
  | OutputItemAddedEvent
  | OutputItemDoneEvent
  | OutputTextDeltaEvent
  | ReasoningSummaryTextDeltaEvent
  | ReasoningTextDeltaEvent
  | ReasoningSummaryPartAddedEvent
  | CompletedEvent
  | IncompleteEvent
  | RateLimitsEvent
  | ServerModelEvent
  | ServerReasoningIncludedEvent
  | ModelsEtagEvent
  | ToolCallInputDeltaEvent
  | ReasoningSummaryTextDoneEvent
  | ModelVerificationsEvent
  | TurnModerationMetadataEvent
  | SafetyBufferingEvent
  | RestartedEvent
  | ResumedEvent
  | WireEvent;
