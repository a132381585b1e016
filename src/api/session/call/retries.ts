import { ProtocolError, StreamError } from "../../../client/failure/kinds.ts";
import { announceRetry } from "../../../client/observe/telemetry.ts";
import type { Timing } from "../../../client/retry/policy.ts";
import type { ProviderLimits } from "../../provider.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import { DAMAGED_EVENT } from "../../responses/events/parse.ts";
import type { RestartedEvent } from "../../responses/events/types.ts";
import type { CallScope } from "../../service/call.ts";
import type { Carriers } from "../carriers.ts";
import type { Attempt } from "./attempt.ts";
import { isBreak, recoveryFrom } from "./recovery.ts";

export interface RetriesOptions {
  readonly carriers: Carriers;
  readonly limits: ProviderLimits;
  readonly timing: Timing;
  readonly scope: CallScope;
}

/** How the next attempt of a call comes about. */
export type NextAttempt = Pick<RestartedEvent, "retry" | "delayMs" | "reason">;

/**
 * The `code` of a session's `stream` error when the stream broke between the finished answer and the event that ends it. `partial` has the
 * answer; the request was not sent again, because that would create, and bill, a second one.
 */
export const END_UNCONFIRMED = "end_unconfirmed";

/** What follows when an attempt of a call fails: counts, announces, and falls back to HTTP. */
export class Retries {
  readonly #options: RetriesOptions;
  /** Retries used on the carrier of the current attempt. */
  #used = 0;
  /** A stream contained an unreadable event. If that happens again, the server is at fault. */
  #hasSeenDamage = false;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** The attempt that follows `attempt`. @throws The error with which the call ends, if there is none. */
  after(attempt: Attempt, failure: unknown): NextAttempt {
    const error = this.#sameAgain(failure);
    const { carriers, limits, timing, scope } = this.#options;
    const { sending } = attempt;
    if (sending?.lostPlace(error)) return this.#announced(error, 0, 0);
    const endUnconfirmed = attempt.isAnswered && isBreak(error);
    const recovery = recoveryFrom(
      {
        error,
        carrier: sending?.carrier ?? carriers.carrier,
        isOpening: sending?.isOpening ?? false,
        isBackground: sending?.isBackground ?? false,
        endUnconfirmed,
        wasIdle: (sending?.wasIdle ?? false) && !attempt.hasYielded,
        retries: this.#used,
        mayFallBack: carriers.mayFallBack,
      },
      limits,
      timing,
    );
    switch (recovery.action) {
      case "give_up":
        throw endUnconfirmed ? unconfirmed(error) : error;
      case "fall_back":
        this.#used = 0;
        carriers.fallBack(error, scope);
        return next(error, 0, 0);
      case "replace":
        return this.#announced(error, 0, 0);
      case "retry":
        this.#used += 1;
        return this.#announced(error, this.#used, recovery.delayMs);
    }
  }

  /**
   * `retry` is 0 when only the place is replaced, which uses no retry: nothing was sent, the name was refused, or an idle connection had
   * died.
   */
  #announced(reason: unknown, retry: number, delayMs: number): NextAttempt {
    const { limits, scope } = this.#options;
    announceRetry(scope.observer, { retry, maxRetries: limits.maxStreamRetries, delayMs, reason, layer: "stream" });
    return next(reason, retry, delayMs);
  }

  /**
   * A damaged event may be the network's fault. If the next attempt gets it too, the server sends it, and a third attempt would not help.
   */
  #sameAgain(error: unknown): unknown {
    if (!CodexApiError.is(error) || error.kind !== "stream" || error.code !== DAMAGED_EVENT) return error;
    if (this.#hasSeenDamage)
      return new ProtocolError(`${error.message}; the retried request brought the same`, { cause: error });
    this.#hasSeenDamage = true;
    return error;
  }
}

function next(error: unknown, retry: number, delayMs: number): NextAttempt {
  return { retry, delayMs, reason: CodexApiError.is(error) ? error.kind : "stream" };
}

function unconfirmed(error: unknown): StreamError {
  const { message } = error as Error;
  return new StreamError(
    `the stream broke after the finished answer, before the event that ends it (${message}); the request was not sent again, because that would create, and bill, a second answer: \`partial\` has this one, most likely complete`,
    { code: END_UNCONFIRMED, cause: error },
  );
}
