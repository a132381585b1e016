import { inspect } from "node:util";
import type { Failure } from "../failure/failure.ts";
import { BuildError } from "../failure/kinds.ts";
import { type At, isFinalFor, outlookOf, statusOf } from "../failure/outlook.ts";
import { thrownText } from "../failure/thrown-text.ts";
import { count, withoutUndefined } from "../options.ts";
import { answerOf, type Clock, steadyClock, systemClock } from "../waiting/clock.ts";

/** What is tried again: one request, a whole stream, the opening of a WebSocket. */
export type RetryLayer = "request" | "stream" | "handshake";

/** When and how often something is sent again. Defaults are the Rust client's. */
export interface RetryPolicy {
  /** Extra sends after the first. Default 4, at most 100. */
  readonly maxRetries?: number | undefined;
  /** Delay before the first retry in milliseconds; it doubles each time, ±10 %. Default 200. */
  readonly baseDelayMs?: number | undefined;
  /**
   * Retry HTTP 429. Default false. A session waits for one that names a delay in any case; a usage limit or a used-up quota is never retried.
   */
  readonly retry429?: boolean | undefined;
  /** Retry requests that HTTP 500-599 answers. Default true. */
  readonly retry5xx?: boolean | undefined;
  /** Retry requests that time out or meet a broken network. Default true. */
  readonly retryTransport?: boolean | undefined;
  /** Longest wait that a server's `Retry-After` can ask for, in milliseconds; a longer one is cut to it. Default 60 000. */
  readonly maxRetryAfterMs?: number | undefined;
  /**
   * The caller's word on one failure: undefined leaves it to the policy; true tries again within `maxRetries` even what looks final, except what
   * lies with the caller (`build`, `aborted`, a CA bundle) and a certificate that is not trusted. `attempt` counts from 0.
   */
  readonly shouldRetry?:
    | ((error: Failure, at: { readonly attempt: number; readonly layer: RetryLayer }) => boolean | undefined)
    | undefined;
}

/** A policy with every number decided. */
export interface RetrySettings {
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly retry429: boolean;
  readonly retry5xx: boolean;
  readonly retryTransport: boolean;
  readonly maxRetryAfterMs: number;
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

const MOST_RETRIES = 100;

/** A number of retries as a policy takes it: more than 100 are 100, as in the Rust client. @throws {@link BuildError} It is no whole number. */
export function retryCount(name: string, value: number): number {
  return Math.min(count(name, value), MOST_RETRIES);
}

/** @throws {@link BuildError} `maxRetries` is no number of retries. */
export function retrySettings(policy: RetryPolicy, place = ""): RetrySettings {
  const settings = { ...defaultRetryPolicy, ...withoutUndefined(policy) } as RetrySettings;
  return { ...settings, maxRetries: retryCount(`${place}maxRetries`, settings.maxRetries) };
}

/** Time and chance, which tests and callers can replace. */
export interface Timing {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The system's where nothing is given; what is given and does wrong is told as such. */
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
 * `baseDelayMs · 2^(retry−1) · U[0.9, 1.1)`, as the Rust client waits.
 *
 * @param retry - 1 for the first retry.
 */
export function backoffDelayMs(baseDelayMs: number, retry: number, random: () => number = Math.random): number {
  return baseDelayMs * 2 ** (retry - 1) * (0.9 + 0.2 * random());
}

/** Does the policy, with the caller's word, try this failure again? How often is not asked here. */
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
 * The wait before the next try, in whole milliseconds: what the server asked for, within the policy's cap, else one that doubles.
 *
 * @param retry - 1 for the first.
 */
export function retryDelayMs(policy: RetrySettings, error: unknown, retry: number, random: () => number): number {
  const { retryAfterMs } = error as Failure;
  const delayMs = retryAfterMs ?? backoffDelayMs(policy.baseDelayMs, retry, random);
  return Math.round(retryAfterMs === undefined ? delayMs : Math.min(delayMs, policy.maxRetryAfterMs));
}

/** @throws {@link BuildError} It throws, or answers something else: a promise would count as true. */
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
      `shouldRetry of the retry policy threw ${thrownText(cause)}, when it was asked about: ${error.message}`,
      {
        cause,
      },
    );
  }
  if (word === undefined || typeof word === "boolean") return word;
  throw new BuildError(
    `shouldRetry of the retry policy answered ${inspect(word, { depth: 0 })}; it must answer true, false or undefined, and at once`,
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
    // As today's reference, one that names a delay is waited for as a stream's retry. Over HTTP the request's own retries see to the others.
    return error.retryAfterMs !== undefined || (carrier === "websocket" && policy.retry429);
  }
  if (layer !== "request") return true;
  return status === undefined ? policy.retryTransport : status < 500 || policy.retry5xx;
}

function isUntrusted(error: Failure): boolean {
  return error.kind === "network" && error.outlook === "never" && "phase" in error && error.phase === "tls";
}
