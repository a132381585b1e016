import { Failure, type FailureOf, failureClass, kind } from "../../client/failure/failure.ts";
import { isRefusedUnread, TRANSPORT_KINDS } from "../../client/failure/kinds.ts";
import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { PartialResponse } from "./partial.ts";

/** What the service said when it refused: kept beside the message. */
export interface RefusalFields {
  /** The service's own code, e.g. `insufficient_quota`. */
  readonly code?: string | undefined;
  /** HTTP status, where the refusal came with one. */
  readonly status?: number | undefined;
}

export interface InvalidRequestFields extends RefusalFields {
  /** The service's text as received, where it was an HTTP answer. */
  readonly body?: string | undefined;
}

export interface UsageLimitFields extends RefusalFields {
  readonly planType?: string | undefined;
  /** Unix seconds. */
  readonly resetsAt?: number | undefined;
  readonly rateLimits?: RateLimitSnapshot | undefined;
  readonly promoMessage?: string | undefined;
}

export interface NotSupportedFields {
  /** What cannot be done here, e.g. `steering`. */
  readonly feature: string;
}

export interface SteerFields {
  /** The service's own, e.g. `response_already_completed`; `response_not_active`, `no_answer` and `no_successor` are also ours. */
  readonly code: string;
  /** What was said, as items: the next request can take it along. */
  readonly input: readonly ResponseItem[];
}

export interface OfResponseFields {
  readonly responseId: string;
}

/** What of a webhook is wrong: a header is missing or none, its time is too far off, no signature fits, or the body is no event. */
export type WebhookFault = "headers" | "timestamp" | "signature" | "body";

export interface WebhookFields {
  readonly reason: WebhookFault;
}

export interface IncompleteFields {
  /** `max_output_tokens`, `content_filter`, …, or `unknown`. */
  readonly reason: string;
}

/** A refusal that came as an answer was made before any work; one in the middle of a stream was not. */
const asRefused = ({ status }: RefusalFields) => (isRefusedUnread(status) ? "safe" : "unsafe");

/** Everything that a client can fail with: the transport's kinds, and what the service refuses. */
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

/** What was received of a response before it failed; on every error of a response. */
interface MayBePartial {
  readonly partial?: PartialResponse;
}

/** What this package throws, discriminated by `kind`. It grows in minor versions: keep a `default`. */
export type CodexFailure = FailureOf<typeof KINDS> & MayBePartial;

/**
 * What everything that this package throws is an instance of, of whichever installed copy. Nothing extends it: a failure is recognized by its
 * brand, and told apart by its `kind`.
 */
export abstract class CodexApiError extends Failure<CodexFailure["kind"]> {
  /** Narrows to the union, so that `kind` tells the fields. */
  static override is(value: unknown): value is CodexFailure {
    return Failure.is(value);
  }

  static override [Symbol.hasInstance](value: unknown): value is CodexFailure {
    return Failure.is(value);
  }
}

/** `response.incomplete`: the answer stopped early (`max_output_tokens`, `content_filter`, …). What was received is in `partial`. */
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

/** The model is at capacity: choose another or come back later. Not retried where it ends a stream; an HTTP 5xx is, as in the Rust client. */
export class ServerOverloadedError extends failureClass(KINDS, "server_overloaded") {}

/** The service refuses this request as it is. */
export class InvalidRequestError extends failureClass(KINDS, "invalid_request") {}

/** HTTP 429 without a more exact kind. */
export class RateLimitError extends failureClass(KINDS, "rate_limit") {}

/** The plan's usage limit is reached until `resetsAt`. Never retried. */
export class UsageLimitReachedError extends failureClass(KINDS, "usage_limit_reached") {}

/** The service failed on this one and may succeed on the next. */
export class RetryableError extends failureClass(KINDS, "retryable") {}

/** The service did not take what was said into a response; `input` has it, for the next request. */
export class SteerFailedError extends failureClass(KINDS, "steer_failed") {}

/** This carrier, or this service, cannot do what was asked for. Nothing was sent and nothing is lost. */
export class NotSupportedError extends failureClass(KINDS, "not_supported") {}

/** A stored response that is no more: deleted, past its time, or of another account. */
export class ResponseGoneError extends failureClass(KINDS, "response_gone") {}

/** A response in the background that somebody cancelled before it was done. What was received is in `partial`. */
export class CancelledError extends failureClass(KINDS, "cancelled") {
  constructor(responseId: string) {
    super(
      `response ${responseId} was cancelled before it was done, by whom the service does not say; ask again with a new request if it is still wanted`,
      { responseId },
    );
  }
}

/** A webhook that does not come from the service, or not as it was sent, or too late: answer 400 and do nothing. */
export class WebhookInvalidError extends failureClass(KINDS, "webhook_invalid") {}
