import type { RawData } from "../../../client/raw-text.ts";
import type { RateLimitSnapshot } from "../../rate-limits.ts";
import type { ResponseItem } from "../../wire/items.ts";

/** Tokens of one response. Cached ones are among the input, reasoning among the output; 0 where the service does not tell these. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Written to the service's cache, which some models bill apart. */
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

/** What every event may carry that came as an event, rather than in headers or from this package. */
interface FromWire {
  /** The event's JSON text as received; only with the option `raw`. */
  readonly raw?: string;
}
/** Where a piece belongs. Services leave these out at times, and some change an item's id from event to event: `outputIndex` is the safer one. */
interface OfItem extends FromWire {
  readonly itemId?: string;
  /** Of the item in the response's output, from 0. */
  readonly outputIndex?: number;
}

/** The service has taken the request. */
export interface CreatedEvent extends FromWire {
  readonly type: "created";
  readonly responseId?: string;
  /** As the service names what was asked for; who answered is told by `server_model`. */
  readonly model?: string;
}
/** An item begins; its content comes in deltas and, whole, with `output_item.done`. */
export interface OutputItemAddedEvent extends FromWire {
  readonly type: "output_item.added";
  readonly item: ResponseItem;
  readonly outputIndex?: number;
}
/**
 * An item is complete, as received: what a history keeps. Items may be finished in another order than that of the output; one that only the
 * terminal event told comes right before it.
 */
export interface OutputItemDoneEvent extends FromWire {
  readonly type: "output_item.done";
  readonly item: ResponseItem;
  readonly outputIndex?: number;
}
/** A piece of the answer. */
export interface OutputTextDeltaEvent extends OfItem {
  readonly type: "output_text.delta";
  readonly delta: string;
  readonly contentIndex?: number;
  /** Where they were asked for, as received. */
  readonly logprobs?: readonly unknown[];
}
/** A piece of the reasoning's summary; `summaryIndex` counts its parts from 0. */
export interface ReasoningSummaryTextDeltaEvent extends OfItem {
  readonly type: "reasoning_summary_text.delta";
  readonly delta: string;
  readonly summaryIndex?: number;
}
/** A piece of the reasoning itself, where a model shows it. */
export interface ReasoningTextDeltaEvent extends OfItem {
  readonly type: "reasoning_text.delta";
  readonly delta: string;
  readonly contentIndex?: number;
}
/** A part of the summary begins. */
export interface ReasoningSummaryPartAddedEvent extends OfItem {
  readonly type: "reasoning_summary_part.added";
  readonly summaryIndex?: number;
}
/** The whole text of a part of the reasoning summary; its deltas, if there were any, came before. */
export interface ReasoningSummaryTextDoneEvent extends OfItem {
  readonly type: "reasoning_summary_text.done";
  readonly text: string;
  readonly summaryIndex?: number;
}
/** A piece of a function call's arguments, while the model writes them: JSON text. */
export interface FunctionCallArgumentsDeltaEvent extends OfItem {
  readonly type: "function_call_arguments.delta";
  readonly delta: string;
  /** `call_id` of the item that was added. */
  readonly callId?: string;
}
/** A piece of a custom tool's input, while the model writes it. */
export interface CustomToolCallInputDeltaEvent extends OfItem {
  readonly type: "custom_tool_call_input.delta";
  readonly delta: string;
  /** `call_id` of the item that was added. */
  readonly callId?: string;
}
/** A piece of the model's words where it refuses to answer. */
export interface RefusalDeltaEvent extends OfItem {
  readonly type: "refusal.delta";
  readonly delta: string;
  readonly contentIndex?: number;
}
/** A citation or a file that belongs to the text so far, as received. */
export interface OutputTextAnnotationAddedEvent extends OfItem {
  readonly type: "output_text.annotation.added";
  readonly annotation: Readonly<Record<string, unknown>>;
  readonly contentIndex?: number;
  readonly annotationIndex?: number;
}
/** The end of every stream that ends well. */
export interface CompletedEvent extends FromWire {
  readonly type: "completed";
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
  /** Did the model end its turn? */
  readonly endTurn?: boolean;
  /** The tier that served the request. */
  readonly serviceTier?: string;
  /** As received. */
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
}
/** The end of a response that stopped early; only with the option `incomplete: "end"`, or after `interrupt()`. */
export interface IncompleteEvent extends FromWire {
  readonly type: "incomplete";
  /** `max_output_tokens`, `content_filter`, `interrupted`, …, or `unknown`. */
  readonly reason: string;
  /** Absent also where the service had no part in the interruption: nothing can go on from such a response. */
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
}
/** Limits of the account: from the answer's headers before the first event, and whenever the service tells them later. */
export interface RateLimitsEvent extends FromWire {
  readonly type: "rate_limits";
  readonly snapshot: RateLimitSnapshot;
}
/** The model that really answers, where the service says so; once for each change. */
export interface ServerModelEvent extends FromWire {
  readonly type: "server_model";
  readonly model: string;
}
/** The server counts earlier reasoning by itself (`x-reasoning-included`). */
export interface ServerReasoningIncludedEvent extends FromWire {
  readonly type: "server_reasoning_included";
  readonly included: true;
}
/** The version of the list of models; another one than last time: fetch it anew. */
export interface ModelsEtagEvent extends FromWire {
  readonly type: "models_etag";
  readonly etag: string;
}
/** A wire event that no other type covers, as it came; only with the option `wireEvents`. */
export interface WireEvent extends FromWire {
  readonly type: "wire";
  readonly event: Readonly<Record<string, unknown>>;
}
/** What the service recommends the account to prove: `trusted_access_for_cyber`. */
export interface ModelVerificationsEvent extends FromWire {
  readonly type: "model_verifications";
  readonly verifications: readonly string[];
}
/** The service's notes on the moderation of this turn, as received. */
export interface TurnModerationMetadataEvent extends FromWire {
  readonly type: "turn_moderation_metadata";
  readonly metadata: unknown;
}
/** The answer is held back while the service checks it. */
export interface SafetyBufferingEvent extends FromWire {
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
 * `completed`. A call marked `async` stands: its output may come in a later request.
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
 * Only after `steer()`: the response ended where it was, and another one goes on with what was said, in the same stream. Everything that was finished
 * stands (`output_item.done`); items under way are void. `created` of the response that goes on follows.
 */
export interface SteeredEvent {
  readonly type: "steered";
  /** Of the response that ended. */
  readonly responseId?: string;
  /** What the response that ended cost; the one that goes on tells its own. */
  readonly tokenUsage?: TokenUsage;
  /** What was said, as items: in a history they stand behind the items so far. `collect()` has them there. */
  readonly input: readonly ResponseItem[];
  /** Finished items of this call so far, `input` among them: where a later `restarted` counts items, it counts these too. */
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

/**
 * An event as the service sent it, each one and before all that it says; with the option `frames`. For those who pass the stream on, and need not read it.
 */
export interface FrameEvent {
  readonly type: "frame";
  /** The event's own type, with its `response.`. */
  readonly wireType: string;
  /** Its JSON, not decoded: the bytes of a UTF-8 text, as characters (ISO 8859-1), or as they are where it is long. */
  readonly data: RawData;
}

/** What one connection to the service brings; a restart is told by a session, and going on by a response in the background. */
export type ServedEvent =
  | CreatedEvent
  | OutputItemAddedEvent
  | OutputItemDoneEvent
  | OutputTextDeltaEvent
  | ReasoningSummaryTextDeltaEvent
  | ReasoningTextDeltaEvent
  | ReasoningSummaryPartAddedEvent
  | ReasoningSummaryTextDoneEvent
  | FunctionCallArgumentsDeltaEvent
  | CustomToolCallInputDeltaEvent
  | RefusalDeltaEvent
  | OutputTextAnnotationAddedEvent
  | CompletedEvent
  | IncompleteEvent
  | RateLimitsEvent
  | ServerModelEvent
  | ServerReasoningIncludedEvent
  | ModelsEtagEvent
  | ModelVerificationsEvent
  | TurnModerationMetadataEvent
  | SafetyBufferingEvent
  | WireEvent;

/**
 * What a response stream yields, in wire order. It grows with minor versions: keep a `default` in a `switch`.
 * `type` is the wire name without `response.`, or a name of this
 * package where there is no such event.
 */
export type ResponseEvent = ServedEvent | FrameEvent | RestartedEvent | SteeredEvent | ResumedEvent;
