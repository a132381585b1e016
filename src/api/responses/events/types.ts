import type { RawData } from "../../../client/raw-text.ts";
import type { RateLimitSnapshot } from "../../rate-limits.ts";
import type { CodexFailure } from "../../refusal/kinds.ts";
import type { TokenUsage } from "../../token-usage.ts";
import type { ResponseItem } from "../../wire/items.ts";

/** Fields of every event that came as a wire event, not from headers or from this package. */
interface FromWire {
  /** The event's JSON text as received; only with the option `raw`. */
  readonly raw?: string;
}
/**
 * Which item a delta belongs to. Services sometimes leave these out, and some change an item's id from event to event: `outputIndex` is
 * more reliable.
 */
interface OfItem extends FromWire {
  readonly itemId?: string;
  /** Index of the item in the response's output, from 0. */
  readonly outputIndex?: number;
}

/** The service has accepted the request. */
export interface CreatedEvent extends FromWire {
  readonly type: "created";
  readonly responseId?: string;
  /** The requested model, as the service names it. A `server_model` event reports the model that answers. */
  readonly model?: string;
}
/** An item begins. Its content follows in deltas, and in full with `output_item.done`. */
export interface OutputItemAddedEvent extends FromWire {
  readonly type: "output_item.added";
  readonly item: ResponseItem;
  readonly outputIndex?: number;
}
/**
 * An item is complete: add it to your history. It is as received, with the texts that it lacks and earlier events have brought. Items may
 * finish in another order than that of the output. An item that only the terminal event contains is delivered right before that event.
 */
export interface OutputItemDoneEvent extends FromWire {
  readonly type: "output_item.done";
  readonly item: ResponseItem;
  readonly outputIndex?: number;
}
/** A piece of the answer's text. */
export interface OutputTextDeltaEvent extends OfItem {
  readonly type: "output_text.delta";
  readonly delta: string;
  readonly contentIndex?: number;
  /** As received, if they were requested. */
  readonly logprobs?: readonly unknown[];
}
/** A piece of the reasoning summary; `summaryIndex` counts its parts from 0. */
export interface ReasoningSummaryTextDeltaEvent extends OfItem {
  readonly type: "reasoning_summary_text.delta";
  readonly delta: string;
  readonly summaryIndex?: number;
}
/** A piece of the reasoning itself, if the model shows it. */
export interface ReasoningTextDeltaEvent extends OfItem {
  readonly type: "reasoning_text.delta";
  readonly delta: string;
  readonly contentIndex?: number;
}
/** A part of the reasoning summary begins. */
export interface ReasoningSummaryPartAddedEvent extends OfItem {
  readonly type: "reasoning_summary_part.added";
  readonly summaryIndex?: number;
}
/** The full text of a part of the reasoning summary; its deltas, if any, came before. */
export interface ReasoningSummaryTextDoneEvent extends OfItem {
  readonly type: "reasoning_summary_text.done";
  readonly text: string;
  readonly summaryIndex?: number;
}
/** A piece of a function call's arguments, as the model writes them: JSON text. */
export interface FunctionCallArgumentsDeltaEvent extends OfItem {
  readonly type: "function_call_arguments.delta";
  readonly delta: string;
  /** `call_id` of the item that was added. */
  readonly callId?: string;
}
/** A piece of a custom tool's input, as the model writes it. */
export interface CustomToolCallInputDeltaEvent extends OfItem {
  readonly type: "custom_tool_call_input.delta";
  readonly delta: string;
  /** `call_id` of the item that was added. */
  readonly callId?: string;
}
/** A piece of the text in which the model refuses to answer. */
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
/** The last event of every stream that ends well. */
export interface CompletedEvent extends FromWire {
  readonly type: "completed";
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
  /** Whether the model ended its turn. */
  readonly endTurn?: boolean;
  /** The service tier that served the request. */
  readonly serviceTier?: string;
  /** As received. */
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
}
/** The last event of a response that stopped early; only with the option `incomplete: "end"`, or after `interrupt()`. */
export interface IncompleteEvent extends FromWire {
  readonly type: "incomplete";
  /** `max_output_tokens`, `content_filter`, `interrupted`, …, or `unknown`. */
  readonly reason: string;
  /** Absent also if the response was interrupted without the service: no request can continue from such a response. */
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
}
/** Rate limits of the account: from the answer's headers before the first event, and whenever the service reports them later. */
export interface RateLimitsEvent extends FromWire {
  readonly type: "rate_limits";
  readonly snapshot: RateLimitSnapshot;
}
/** The model that really answers, if the service reports it; once for each change. */
export interface ServerModelEvent extends FromWire {
  readonly type: "server_model";
  readonly model: string;
}
/** The server counts earlier reasoning itself (`x-reasoning-included`). */
export interface ServerReasoningIncludedEvent extends FromWire {
  readonly type: "server_reasoning_included";
  readonly included: true;
}
/** The version of the list of models. If it differs from the last one, fetch the list again. */
export interface ModelsEtagEvent extends FromWire {
  readonly type: "models_etag";
  readonly etag: string;
}
/** A wire event that no other type covers, as received; only with the option `wireEvents`. */
export interface WireEvent extends FromWire {
  readonly type: "wire";
  readonly event: Readonly<Record<string, unknown>>;
}
/** The verifications that the service recommends for the account: `trusted_access_for_cyber`. */
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
  /** Whether to tell the user that the answer is delayed. True if the service does not say. */
  readonly showBufferingUi: boolean;
  /** A model that would answer without this delay. */
  readonly fasterModel?: string;
}
/**
 * Only from a session: the stream broke and the request is sent again. No event that was yielded is repeated.
 *
 * Of all items yielded in this call, the first `keptItems` finished ones (`output_item.done`) remain valid: they were added to the input of
 * the new request, and the answer continues after them. Discard everything else: deltas, and items that had only begun or that finished
 * later. A finished tool call is discarded too, with all that follows it, because the request could not be sent again without the tool's
 * output. So run tools after `completed`. A call marked `async` remains valid: its output may come in a later request.
 */
export interface RestartedEvent {
  readonly type: "restarted";
  /** 1 for the first retry; 0 if the restart uses no retry (another carrier). */
  readonly retry: number;
  /** Delay before the new request, in milliseconds. */
  readonly delayMs: number;
  /** `kind` of the error that ended the stream. */
  readonly reason: CodexFailure["kind"];
  readonly keptItems: number;
}

/**
 * Only after `steer()`: the response ended early, and another one continues with the steering input, in the same stream. All finished items
 * (`output_item.done`) remain valid; discard unfinished ones. `created` of the next response follows.
 */
export interface SteeredEvent {
  readonly type: "steered";
  /** Id of the response that ended. */
  readonly responseId?: string;
  /** Token counts of the response that ended; the next response reports its own. */
  readonly tokenUsage?: TokenUsage;
  /** The steering input, as items. In a history they follow the items so far; `collect()` puts them there. */
  readonly input: readonly ResponseItem[];
  /** Number of finished items of this call so far, including `input`. A later `restarted` counts these too. */
  readonly keptItems: number;
}

/**
 * Only from a background response: its stream broke and is resumed where it was. Everything that was yielded remains valid, and no event is
 * repeated.
 */
export interface ResumedEvent {
  readonly type: "resumed";
  /** 1 for the first retry since the last event. */
  readonly retry: number;
  /** Delay before it, in milliseconds. */
  readonly delayMs: number;
  /** `kind` of the error that ended the stream. */
  readonly reason: CodexFailure["kind"];
  /**
   * `polling`: the service no longer streams the response; its state is requested until it is finished, and the missing part is delivered
   * at once.
   */
  readonly by: "stream" | "polling";
}

/**
 * A wire event exactly as the service sent it, before the typed events it yields, or instead of its delta; only with the option `frames`.
 * For programs that forward the stream.
 */
export interface FrameEvent {
  readonly type: "frame";
  /** The wire event's type, including `response.`. */
  readonly wireType: string;
  /** The undecoded JSON: UTF-8 bytes as characters (ISO 8859-1), or as a buffer if it is long. */
  readonly data: RawData;
}

/** Events that one connection brings. Sessions add `restarted`, background responses add `resumed`. */
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
 * The events of a response stream, in wire order. Minor versions may add types: keep a `default` in a `switch`.
 *
 * `type` is the wire name without `response.`, or, if there is no such wire event, a name of this package.
 */
export type ResponseEvent = ServedEvent | FrameEvent | RestartedEvent | SteeredEvent | ResumedEvent;

/** A typed event that brings a piece of an item's text. */
export type DeltaEvent = Extract<ResponseEvent, { readonly delta: string }>;
