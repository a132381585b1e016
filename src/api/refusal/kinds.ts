import { Failure, type FailureOf, failureClass, kind } from "../../client/failure/failure.ts";
import { isRefusedUnread, TRANSPORT_KINDS } from "../../client/failure/kinds.ts";
import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { PartialResponse } from "./partial.ts";

/** What the service said when it refused, in addition to the message. */
export interface RefusalFields {
  /** The service's own code, e.g. `insufficient_quota`. */
  readonly code?: string | undefined;
  /** HTTP status, if the refusal had one. */
  readonly status?: number | undefined;
}

export interface InvalidRequestFields extends RefusalFields {
  /** The service's text as received, if it was an HTTP answer. */
  readonly body?: string | undefined;
}

export interface UsageLimitFields extends RefusalFields {
  readonly planType?: string | undefined;
  /** In Unix seconds. */
  readonly resetsAt?: number | undefined;
  readonly rateLimits?: RateLimitSnapshot | undefined;
  readonly promoMessage?: string | undefined;
}

export interface NotSupportedFields {
  /** The unsupported feature, e.g. `steering`. */
  readonly feature: string;
}

export interface SteerFields {
  /** The service's own, e.g. `response_already_completed`; `response_not_active`, `no_answer` and `no_successor` are also ours. */
  readonly code: string;
  /** The steering input, as items: include it in the next request. */
  readonly input: readonly ResponseItem[];
}

export interface OfResponseFields {
  readonly responseId: string;
}

/**
 * What is wrong with a webhook: a header is missing or malformed, its time is too far off, no signature matches, or the body is not an
 * event.
 */
export type WebhookFault = "headers" | "timestamp" | "signature" | "body";

export interface WebhookFields {
  readonly reason: WebhookFault;
}

export interface IncompleteFields {
  /** `max_output_tokens`, `content_filter`, …, or `unknown`. */
  readonly reason: string;
}

/** A refusal that came as an HTTP answer was made before any work; one in a stream was not. */
const asRefused = ({ status }: RefusalFields) => (isRefusedUnread(status) ? "safe" : "unsafe");

/** Every way in which a client can fail: the transport's kinds, and the service's refusals. */
export const KINDS = {
  ...TRANSPORT_KINDS,
  incomplete: kind<IncompleteFields>({ outlook: "never", replay: "unsafe", exit: 3 }),
  context_window_exceeded: kind<RefusalFields>({ outlook: "never", replay: asRefused, exit: 3 }),
  quota_exceeded: kind<RefusalFields>({ outlook: "never", replay: asRefused, exit: 3 }),
  usage_not_included: kind<RefusalFields>({ outlook: "never", replay: asRefused, exit: 3 }),
  server_overloaded: kind<RefusalFields>({ outlook: "never", replay: asRefused, exit: 3 }),
  invalid_request: kind<InvalidRequestFields>({ outlook: "never", replay: asRefused, exit: 3, hidden: ["body"] }),
  rate_limit: kind<RefusalFields>({ outlook: "again", replay: "safe", exit: 3 }),
  usage_limit_reached: kind<UsageLimitFields>({ outlook: "never", replay: "safe", exit: 3 }),
  steer_failed: kind<SteerFields>({ outlook: "never", replay: "safe", exit: 3, hidden: ["input"] }),
  not_supported: kind<NotSupportedFields>({ outlook: "never", replay: "safe", exit: 2 }),
  retryable: kind<RefusalFields>({ outlook: "again", replay: asRefused, exit: 3 }),
  response_gone: kind<OfResponseFields>({ outlook: "never", replay: "safe", exit: 3 }),
  cancelled: kind<OfResponseFields>({ outlook: "never", replay: "unsafe", exit: 3 }),
  webhook_invalid: kind<WebhookFields>({ outlook: "never", replay: "safe", exit: 3 }),
} as const;

/** The part of a response received before the failure; on every error of a response. */
interface MayBePartial {
  readonly partial?: PartialResponse;
}

/** The errors of this package, discriminated by `kind`. Minor versions may add kinds: keep a `default`. */
export type CodexFailure = FailureOf<typeof KINDS> & MayBePartial;

/**
 * Base class of all errors of this package. `instanceof` and `CodexApiError.is` also work across two installed copies. Tell errors apart by
 * their `kind`.
 */
export abstract class CodexApiError extends Failure<CodexFailure["kind"]> {
  /** Narrows to the union, so that `kind` determines the fields. */
  static override is(value: unknown): value is CodexFailure {
    return Failure.is(value);
  }

  static override [Symbol.hasInstance](value: unknown): value is CodexFailure {
    return Failure.is(value);
  }
}

/** `response.incomplete`: the answer stopped early (`max_output_tokens`, `content_filter`, …). `partial` has what was received. */
export class IncompleteError extends failureClass(KINDS, "incomplete") {
  constructor(reason: string) {
    super(`Incomplete response returned, reason: ${reason}`, { reason });
  }
}

/** Input and answer do not fit into the model's context window. */
export class ContextWindowExceededError extends failureClass(KINDS, "context_window_exceeded") {}

/** The account's quota or spending limit is used up. */
export class QuotaExceededError extends failureClass(KINDS, "quota_exceeded") {}

/** The plan does not include this use. */
export class UsageNotIncludedError extends failureClass(KINDS, "usage_not_included") {}

/**
 * The model is at capacity: choose another or come back later. Not retried when it ends a stream; an HTTP 5xx is retried, as in the Rust
 * client.
 */
export class ServerOverloadedError extends failureClass(KINDS, "server_overloaded") {}

/** The service refuses this request; sending it again does not help. */
export class InvalidRequestError extends failureClass(KINDS, "invalid_request") {}

/** HTTP 429 without a more specific kind. */
export class RateLimitError extends failureClass(KINDS, "rate_limit") {}

/** The plan's usage limit is reached until `resetsAt`. Never retried. */
export class UsageLimitReachedError extends failureClass(KINDS, "usage_limit_reached") {}

/** The service failed, and a retry may succeed. */
export class RetryableError extends failureClass(KINDS, "retryable") {}

/** The service did not accept steering input; `input` has it, for the next request. */
export class SteerFailedError extends failureClass(KINDS, "steer_failed") {}

/** This carrier or this service does not support what was asked for. Nothing was sent. */
export class NotSupportedError extends failureClass(KINDS, "not_supported") {}

/** A stored response that no longer exists: deleted, expired, or of another account. */
export class ResponseGoneError extends failureClass(KINDS, "response_gone") {}

/** A background response that was cancelled before it was finished. `partial` has what was received. */
export class CancelledError extends failureClass(KINDS, "cancelled") {
  constructor(responseId: string) {
    super(
      `response ${responseId} was cancelled before it was finished; the service does not say by whom. Send a new request if you still need it`,
      { responseId },
    );
  }
}

/** A webhook that was not sent by the service, was changed on the way, or is too old: answer 400 and do nothing. */
export class WebhookInvalidError extends failureClass(KINDS, "webhook_invalid") {}
