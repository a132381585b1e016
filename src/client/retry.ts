import { type Clock, systemClock } from "./clock.ts";
import { CodexApiError, HttpError } from "./errors.ts";
import { count } from "./options.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { announceRetry, type RetryNotice, type RetryObservers } from "./telemetry.ts";

/** When and how often a request is sent again. Defaults are the reference's. */
export interface RetryPolicy {
  /** Extra sends after the first. Default 4, at most 100. */
  readonly maxRetries: number;
  /** Delay before the first retry in milliseconds; it doubles each time, ±10 %. Default 200. */
  readonly baseDelayMs: number;
  /** Retry HTTP 429. Default false. A usage limit or a used-up quota is never retried. */
  readonly retry429: boolean;
  /** Retry HTTP 500-599. Default true. */
  readonly retry5xx: boolean;
  /** Retry time-outs and network errors. Default true. */
  readonly retryTransport: boolean;
  /** Longest wait that a server's `Retry-After` can ask for, in milliseconds; a longer one is cut to it. Default 60 000. */
  readonly maxRetryAfterMs: number;
}

const MOST_RETRIES = 100;

/** A number of retries as a policy takes it: more than 100 are 100, as in the reference. @throws {@link BuildError} It is no whole number. */
export function retryCount(name: string, value: number): number {
  return Math.min(count(name, value), MOST_RETRIES);
}

/** The reference's. */
export const defaultRetryPolicy: RetryPolicy = {
  maxRetries: 4,
  baseDelayMs: 200,
  retry429: false,
  retry5xx: true,
  retryTransport: true,
  maxRetryAfterMs: 60_000,
};

/** What a retry loop needs besides its policy. */
export interface RetryContext extends RetryObservers {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1); default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Last word on an error that the policy would retry: false ends the retries. Default: none. */
  readonly mayRetry?: ((error: unknown) => boolean) | undefined;
  /** Failures that the policy would not retry but this call does. Default: none. */
  readonly alsoRetry?: ((error: unknown) => boolean) | undefined;
}

/**
 * `baseDelayMs · 2^(retry−1) · U[0.9, 1.1)`, as the reference waits.
 *
 * @param retry - 1 for the first retry.
 */
export function backoffDelayMs(baseDelayMs: number, retry: number, random: () => number = Math.random): number {
  return baseDelayMs * 2 ** (retry - 1) * (0.9 + 0.2 * random());
}

/** Does the policy send this failure again? Build errors, aborts and statuses other than 429 and 5xx never are. */
export function isRetried(policy: RetryPolicy, error: unknown): boolean {
  if (!CodexApiError.is(error)) return false;
  if (error instanceof HttpError) {
    if (error.status === 429) return policy.retry429;
    return error.status >= 500 && error.status <= 599 && policy.retry5xx;
  }
  return (error.kind === "timeout" || error.kind === "network") && error.retryable && policy.retryTransport;
}

/** A server's wish for the delay, within the policy's cap; undefined when it has none. */
export function serverDelayMs(policy: RetryPolicy, error: unknown, nowMs: number): number | undefined {
  if (!(error instanceof HttpError)) return undefined;
  const wishMs = parseRetryAfter(error.headers, nowMs);
  return wishMs === undefined ? undefined : Math.min(wishMs, policy.maxRetryAfterMs);
}

/**
 * Runs `send` until it succeeds, fails for good, or the retries are spent; then throws the last error.
 *
 * @param send - Called with the attempt's number, from 0; it builds the request anew, so that credentials are fresh.
 * @throws {@link AbortedError} The signal fired during a wait. {@link BuildError} `maxRetries` is no number of retries.
 */
export async function withRetries<Result>(
  policy: RetryPolicy,
  send: (attempt: number) => Promise<Result>,
  context: RetryContext = {},
): Promise<Result> {
  const clock = context.clock ?? systemClock;
  const maxRetries = retryCount("maxRetries", policy.maxRetries);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send(attempt);
    } catch (error) {
      const isWorthIt = isRetried(policy, error) || context.alsoRetry?.(error) === true;
      if (attempt >= maxRetries || !isWorthIt || context.mayRetry?.(error) === false) throw error;
      const delayMs =
        serverDelayMs(policy, error, clock.now()) ?? backoffDelayMs(policy.baseDelayMs, attempt + 1, context.random);
      const notice: RetryNotice = {
        retry: attempt + 1,
        maxRetries,
        delayMs,
        reason: error,
        layer: "request",
      };
      announceRetry(context, notice);
      await clock.sleep(delayMs, context.signal);
    }
  }
}
