import type { Clock } from "../../client/clock.ts";
import { CodexApiError, HttpError } from "../../client/errors.ts";
import { backoffDelayMs, serverDelayMs } from "../../client/retry.ts";
import { ApiRefusalError, RateLimitError, RetryableError } from "../errors.ts";
import type { ProviderLimits } from "../provider.ts";

/** What a stream was doing when it failed, and what is left to try. */
export interface Failure {
  readonly error: unknown;
  readonly carrier: "websocket" | "http";
  /** The WebSocket could not be opened: no request was sent. */
  readonly isOpening: boolean;
  /** The connection had been idle since it was opened or since an earlier request, and this request brought no event. */
  readonly wasIdle: boolean;
  /** Retries that this call has spent on this carrier. */
  readonly retries: number;
  readonly mayFallBack: boolean;
}

/**
 * `replace`: at once, on a new connection, free of charge; `fall_back`: at once, over HTTP, with a fresh budget; `retry`: after a wait;
 * `give_up`: the error is the caller's.
 */
export type Recovery =
  | { readonly action: "replace" | "fall_back" | "give_up" }
  | { readonly action: "retry"; readonly delayMs: number };

/** What delays depend on besides the failure. */
export interface Timing {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const GIVE_UP: Recovery = { action: "give_up" };

/**
 * What to do after a failure. In order: what no new try can mend ends the call; a WebSocket that cannot be opened, or whose budget is
 * spent, gives way to HTTP where it may; a connection that died while nobody used it is replaced; the rest waits and tries again.
 *
 * @see The reference's stream retries. Differs: one failed opening is enough for HTTP, and a dead idle connection costs no retry
 *   (parity: `session/fallback-after-one`, `websocket/idle-death`); the server's delay is capped (parity: `retry/retry-after`).
 */
export function recoveryFrom(failure: Failure, limits: ProviderLimits, timing: Timing): Recovery {
  const { error, isOpening, mayFallBack, retries } = failure;
  if (isOpening && mayFallBack && closesTheWebsocket(error)) return { action: "fall_back" };
  if (!isRetriedStream(error, failure, limits)) return GIVE_UP;
  if (failure.wasIdle && endsTheConnection(error)) return { action: "replace" };
  if (retries < limits.maxStreamRetries)
    return { action: "retry", delayMs: delayOf(error, retries + 1, limits, timing) };
  return mayFallBack ? { action: "fall_back" } : GIVE_UP;
}

/** Kinds that say nothing about the WebSocket: another carrier would meet them too. */
const NOT_ABOUT_OPENING: ReadonlySet<string> = new Set(["aborted", "build", "ca_read", "ca_invalid", "ca_rejected"]);

/** DNS, TCP, TLS, a proxy, a time-out, a refusal: all but missing credentials (401) and too many requests (429). */
export function closesTheWebsocket(error: unknown): boolean {
  if (!CodexApiError.is(error) || NOT_ABOUT_OPENING.has(error.kind)) return false;
  const status = statusOf(error);
  return status !== 401 && status !== 429;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof HttpError || error instanceof ApiRefusalError ? error.status : undefined;
}

/** The reference's table, in our kinds: broken streams and every status without a kind of its own are tried again. */
function isRetriedStream(error: unknown, { carrier }: Failure, { retry }: ProviderLimits): boolean {
  if (!CodexApiError.is(error)) return false;
  switch (error.kind) {
    case "stream":
    case "timeout":
    case "retryable":
    case "http":
      return true;
    case "network":
      return error.retryable; // an untrusted certificate stays one
    case "rate_limit":
      return retry.retry429 && carrier === "websocket"; // over HTTP the request's own retries have seen to it
    default:
      return false;
  }
}

/** The server keeps neither a connection nor the response that it remembers for ever. */
const CONNECTION_IS_OVER: ReadonlySet<string | undefined> = new Set([
  "websocket_connection_limit_reached",
  "previous_response_not_found",
]);

function endsTheConnection(error: unknown): boolean {
  if (error instanceof RetryableError) return CONNECTION_IS_OVER.has(error.code);
  return CodexApiError.is(error) && (error.kind === "stream" || error.kind === "network");
}

function delayOf(error: unknown, retry: number, { retry: policy }: ProviderLimits, { clock, random }: Timing): number {
  const wishMs =
    error instanceof RetryableError || error instanceof RateLimitError
      ? error.retryAfterMs
      : serverDelayMs(policy, error, clock.now());
  return wishMs === undefined
    ? backoffDelayMs(policy.baseDelayMs, retry, random)
    : Math.min(wishMs, policy.maxRetryAfterMs);
}
