import { CodexApiError } from "../client/errors.ts";
import type { RateLimitSnapshot } from "./rate-limits.ts";

/** What the service said when it refused: kept beside the message on every API error. */
export interface RefusalFields {
  /** The service's own code, e.g. `insufficient_quota`. */
  readonly code?: string | undefined;
  /** HTTP status, where the refusal came with one. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
}

/** A refusal that the service put in words of its own: an HTTP answer, `response.failed`, an `error` event or a WebSocket error frame. */
export abstract class ApiRefusalError extends CodexApiError {
  readonly code: string | undefined;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, fields: RefusalFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = fields.code;
    this.status = fields.status;
    this.requestId = fields.requestId;
  }
}

/** Input and answer do not fit into the model's context window. */
export class ContextWindowExceededError extends ApiRefusalError {
  override get name(): string {
    return "ContextWindowExceededError";
  }
  readonly kind = "context_window_exceeded";
}

/** The account's quota or spending limit is used up. */
export class QuotaExceededError extends ApiRefusalError {
  override get name(): string {
    return "QuotaExceededError";
  }
  readonly kind = "quota_exceeded";
}

/** The plan does not include this use. */
export class UsageNotIncludedError extends ApiRefusalError {
  override get name(): string {
    return "UsageNotIncludedError";
  }
  readonly kind = "usage_not_included";
}

/** The model is at capacity: choose another or come back later. Not retried where it ends a stream; an HTTP 5xx is, as in the reference. */
export class ServerOverloadedError extends ApiRefusalError {
  override get name(): string {
    return "ServerOverloadedError";
  }
  readonly kind = "server_overloaded";
}

/** The service refuses this request as it is. */
export class InvalidRequestError extends ApiRefusalError {
  override get name(): string {
    return "InvalidRequestError";
  }
  readonly kind = "invalid_request";
  /** The service's text as received, where it was an HTTP answer. */
  readonly body: string | undefined;

  constructor(
    message: string,
    fields: RefusalFields & { readonly body?: string | undefined } = {},
    options?: ErrorOptions,
  ) {
    super(message, fields, options);
    this.body = fields.body;
    Object.defineProperty(this, "body", { enumerable: false });
  }
}

export interface DelayFields extends RefusalFields {
  /** What the service asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A refusal that may not be repeated later. */
abstract class PassingRefusalError extends ApiRefusalError {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, fields: DelayFields = {}, options?: ErrorOptions) {
    super(message, fields, options);
    this.retryAfterMs = fields.retryAfterMs;
  }

  override get retryable(): boolean {
    return true;
  }
}

/** The service failed on this one and may succeed on the next. */
export class RetryableError extends PassingRefusalError {
  override get name(): string {
    return "RetryableError";
  }
  readonly kind = "retryable";
}

/** HTTP 429 without a more exact kind. */
export class RateLimitError extends PassingRefusalError {
  override get name(): string {
    return "RateLimitError";
  }
  readonly kind = "rate_limit";
}

export interface UsageLimitFields extends RefusalFields {
  readonly planType?: string | undefined;
  /** Unix seconds. */
  readonly resetsAt?: number | undefined;
  readonly rateLimits?: RateLimitSnapshot | undefined;
  readonly promoMessage?: string | undefined;
}

/** The plan's usage limit is reached until `resetsAt`. Never retried. */
export class UsageLimitReachedError extends ApiRefusalError {
  override get name(): string {
    return "UsageLimitReachedError";
  }
  readonly kind = "usage_limit_reached";
  readonly planType: string | undefined;
  readonly resetsAt: number | undefined;
  readonly rateLimits: RateLimitSnapshot | undefined;
  readonly promoMessage: string | undefined;

  constructor(message: string, fields: UsageLimitFields = {}, options?: ErrorOptions) {
    super(message, fields, options);
    this.planType = fields.planType;
    this.resetsAt = fields.resetsAt;
    this.rateLimits = fields.rateLimits;
    this.promoMessage = fields.promoMessage;
  }
}

/** `response.incomplete`: the answer stopped early (`max_output_tokens`, `content_filter`, …). What was received stays with the caller. */
export class IncompleteResponseError extends CodexApiError {
  override get name(): string {
    return "IncompleteResponseError";
  }
  readonly kind = "incomplete";
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`Incomplete response returned, reason: ${reason}`, options);
    this.reason = reason;
  }
}
