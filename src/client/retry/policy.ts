import { inspect } from "node:util";
import type { Failure } from "../failure/failure.ts";
import { BuildError } from "../failure/kinds.ts";
import { type At, isFinalFor, outlookOf, statusOf } from "../failure/outlook.ts";
import { thrownText } from "../failure/thrown-text.ts";
import { count, knownOptions, withoutUndefined } from "../options.ts";
import { answerOf, type Clock, steadyClock, systemClock } from "../waiting/clock.ts";

/** What is retried: one request, a whole stream, or the opening of a WebSocket. */
export type RetryLayer = "request" | "stream" | "handshake";

/** When and how often something is retried. The defaults are those of the Rust client. */
export interface RetryPolicy {
  /** Number of retries after the first attempt; at most 100. @default 4 */
  readonly maxRetries?: number | undefined;
  /** Delay before the first retry, in milliseconds. It doubles with each retry, and varies by ±10 %. @default 200 */
  readonly baseDelayMs?: number | undefined;
  /**
   * Retry HTTP 429. A session always waits if the 429 states a delay; a usage limit or an exhausted quota is never retried.
   * @default `false`
   */
  readonly retry429?: boolean | undefined;
  /** Retry requests that are answered with HTTP 500-599. @default `true` */
  readonly retry5xx?: boolean | undefined;
  /** Retry requests that time out or fail in the network. @default `true` */
  readonly retryTransport?: boolean | undefined;
  /** Longest delay that a server's `Retry-After` can cause, in milliseconds; longer ones are shortened to it. @default 60 000 */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * Decides about one failure: `undefined` leaves it to the policy; `true` retries, within `maxRetries`, even a failure that looks final,
   * except errors of the caller (`build`, `aborted`, a CA bundle) and an untrusted certificate; `false` does not retry. `attempt` counts
   * from 0. By default the policy decides.
   */
  readonly shouldRetry?:
    | ((error: Failure, at: { readonly attempt: number; readonly layer: RetryLayer }) => boolean | undefined)
    | undefined;
}

/** A policy with all defaults applied. */
export interface RetrySettings {
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly retry429: boolean;
  readonly retry5xx: boolean;
  readonly retryTransport: boolean;
  readonly maxRetryAfterMs: number;
  /** See {@link RetryPolicy}. By default the policy decides. */
  readonly shouldRetry?: RetryPolicy["shouldRetry"] | undefined;
}

/** The Rust client's. */
export const defaultRetryPolicy: RetrySettings = {
  maxRetries: 4,
  baseDelayMs: 200,
  retry429: false,
  retry5xx: true,
  retryTransport: true,
  maxRetryAfterMs: 60_000,
};

const POLICY = knownOptions<RetryPolicy>("a retry policy", {
  maxRetries: true,
  baseDelayMs: true,
  retry429: true,
  retry5xx: true,
  retryTransport: true,
  maxRetryAfterMs: true,
  shouldRetry: true,
});

const MOST_RETRIES = 100;

/** A valid number of retries: more than 100 become 100, as in the Rust client. @throws {@link BuildError} It is not a whole number. */
export function retryCount(name: string, value: number): number {
  return Math.min(count(name, value), MOST_RETRIES);
}

/** @throws {@link BuildError} `maxRetries` is invalid, or an option is unknown. */
export function retrySettings(policy: RetryPolicy, place = ""): RetrySettings {
  POLICY(policy);
  const settings = { ...defaultRetryPolicy, ...withoutUndefined(policy) } as RetrySettings;
  return { ...settings, maxRetries: retryCount(`${place}maxRetries`, settings.maxRetries) };
}

/** Clock and randomness, which tests and callers can replace. */
export interface Timing {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The system's by default. Faults of given ones are reported as such. */
export function timingOf(given: {
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}): Timing {
  const { clock, random } = given;
  return {
    clock: clock ? steadyClock(clock) : systemClock,
    random: random ? () => answerOf("random()", random, (value) => value >= 0 && value < 1) : Math.random,
  };
}

/**
 * `baseDelayMs · 2^(retry−1) · U[0.9, 1.1)`, as in the Rust client.
 *
 * @param retry - 1 for the first retry.
 */
export function backoffDelayMs(baseDelayMs: number, retry: number, random: () => number = Math.random): number {
  return baseDelayMs * 2 ** (retry - 1) * (0.9 + 0.2 * random());
}

/** True if the policy, or the caller's `shouldRetry`, allows a retry after this failure. It does not count retries. */
export function isTriedAgain(
  policy: RetrySettings,
  error: unknown,
  at: At & { readonly layer: RetryLayer; readonly attempt: number },
): boolean {
  if (isFinalFor(error)) return false;
  const asked = callersWord(policy, error as Failure, { attempt: at.attempt, layer: at.layer });
  if (asked !== undefined) return asked && !isUntrusted(error as Failure);
  return outlookOf(error, at).outlook === "again" && isAllowed(policy, error as Failure, at);
}

/**
 * The delay before the next attempt, in whole milliseconds: the one that the server asked for, up to the policy's limit, else an
 * exponential one.
 *
 * @param retry - 1 for the first.
 */
export function retryDelayMs(policy: RetrySettings, error: unknown, retry: number, random: () => number): number {
  const { retryAfterMs } = error as Failure;
  const delayMs = retryAfterMs ?? backoffDelayMs(policy.baseDelayMs, retry, random);
  return Math.round(retryAfterMs === undefined ? delayMs : Math.min(delayMs, policy.maxRetryAfterMs));
}

/** @throws {@link BuildError} It throws or returns another type: a promise would count as true. */
function callersWord(
  { shouldRetry }: RetrySettings,
  error: Failure,
  at: { readonly attempt: number; readonly layer: RetryLayer },
): boolean | undefined {
  let word: unknown;
  try {
    word = shouldRetry?.(error, at);
  } catch (cause) {
    throw new BuildError(
      `shouldRetry of the retry policy threw ${thrownText(cause)}, called for the failure: ${error.message}`,
      {
        cause,
      },
    );
  }
  if (word === undefined || typeof word === "boolean") return word;
  throw new BuildError(
    `shouldRetry of the retry policy returned ${inspect(word, { depth: 0, breakLength: Number.POSITIVE_INFINITY })}; it must return true, false or undefined, not a promise`,
  );
}

function isAllowed(
  policy: RetrySettings,
  error: Failure,
  { layer, carrier }: At & { readonly layer: RetryLayer },
): boolean {
  const status = statusOf(error);
  if (status === 429 || error.kind === "rate_limit") {
    if (layer === "request") return policy.retry429;
    // Like today's Rust client, a stream's retry waits if the 429 states a delay. Over HTTP the request's own retries handle the others.
    return error.retryAfterMs !== undefined || (carrier === "websocket" && policy.retry429);
  }
  if (layer !== "request") return true;
  return status === undefined ? policy.retryTransport : status < 500 || policy.retry5xx;
}

function isUntrusted(error: Failure): boolean {
  return error.kind === "network" && error.outlook === "never" && "phase" in error && error.phase === "tls";
}
