/**
 * Events as the service sends them, one JSON object each: the data of an SSE event or a WebSocket text frame. Only types, for code that
 * writes events (an emulator, a test); `decodeWireEvent` reads events from `unknown`.
 */
import type { ResponseItem } from "./items.ts";

export interface UsageWire {
  readonly input_tokens: number;
  readonly input_tokens_details?: { readonly cached_tokens?: number } | null;
  readonly output_tokens: number;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
  readonly total_tokens: number;
}

/** `error` of a failed response, of an `error` event and of an HTTP answer. */
export interface ErrorWire {
  readonly type?: string | null;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly param?: string | null;
  readonly plan_type?: string | null;
  /** In Unix seconds. */
  readonly resets_at?: number | null;
}

/** A header's value inside an event. */
export type HeadersWire = Readonly<Record<string, string | readonly string[]>>;

/** The response object; its `headers` may name the model that really answers. */
export interface ResponseWire {
  readonly id: string;
  readonly usage?: UsageWire | null;
  readonly error?: ErrorWire | null;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly headers?: HeadersWire;
  readonly [field: string]: unknown;
}

interface Numbered {
  readonly sequence_number?: number;
  readonly headers?: HeadersWire;
}
export interface ResponseStateWire extends Numbered {
  readonly type: "response.created" | "response.completed" | "response.failed" | "response.incomplete";
  readonly response: ResponseWire;
}
export interface OutputItemWire extends Numbered {
  readonly type: "response.output_item.added" | "response.output_item.done";
  readonly output_index?: number;
  readonly item: ResponseItem;
}
export interface OutputTextDeltaWire extends Numbered {
  readonly type: "response.output_text.delta";
  readonly item_id?: string;
  readonly output_index?: number;
  readonly content_index?: number;
  readonly delta: string;
}
export interface ReasoningSummaryTextDeltaWire extends Numbered {
  readonly type: "response.reasoning_summary_text.delta";
  readonly item_id?: string;
  readonly output_index?: number;
  readonly summary_index: number;
  readonly delta: string;
}
export interface ReasoningTextDeltaWire extends Numbered {
  readonly type: "response.reasoning_text.delta";
  readonly item_id?: string;
  readonly output_index?: number;
  readonly content_index: number;
  readonly delta: string;
}
export interface ReasoningSummaryPartAddedWire extends Numbered {
  readonly type: "response.reasoning_summary_part.added";
  readonly item_id?: string;
  readonly output_index?: number;
  readonly summary_index: number;
}
/** Turn state, models etag or model name in the middle of a stream; otherwise they are response headers. */
export interface MetadataWire {
  readonly type: "response.metadata" | "codex.response.metadata";
  readonly headers?: HeadersWire;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface RateLimitWindowWire {
  readonly used_percent: number;
  readonly window_minutes?: number | null;
  /** In Unix seconds. */
  readonly reset_at?: number | null;
}
export interface RateLimitsWire {
  readonly type: "codex.rate_limits";
  readonly plan_type?: string | null;
  readonly rate_limits?: {
    readonly primary?: RateLimitWindowWire | null;
    readonly secondary?: RateLimitWindowWire | null;
  } | null;
  readonly credits?: {
    readonly has_credits: boolean;
    readonly unlimited: boolean;
    readonly balance?: string | null;
  } | null;
  readonly metered_limit_name?: string | null;
  readonly limit_name?: string | null;
}

/** On SSE only the details, in `error` or next to `type`; on a WebSocket with a status and headers. */
export interface ErrorEventWire {
  readonly type: "error";
  readonly sequence_number?: number;
  readonly error?: ErrorWire | null;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly status?: number;
  readonly status_code?: number;
  readonly headers?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** Every event that this package reads. */
export type ServerEvent =
  | ResponseStateWire
  | OutputItemWire
  | OutputTextDeltaWire
  | ReasoningSummaryTextDeltaWire
  | ReasoningTextDeltaWire
  | ReasoningSummaryPartAddedWire
  | MetadataWire
  | RateLimitsWire
  | ErrorEventWire;
