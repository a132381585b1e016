import { ProtocolError, StreamError } from "../../client/failure/kinds.ts";
import { announceRetry } from "../../client/observe/telemetry.ts";
import type { Timing } from "../../client/retry/policy.ts";
import type { ProviderLimits } from "../provider.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import type { RestartedEvent, SteeredEvent } from "../responses/events/types.ts";
import { DAMAGED_EVENT } from "../responses/reader.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { Call, Carriers } from "./carriers.ts";
import { CurrentAttempt, type Opened } from "./current-attempt.ts";
import { isBreak, recoveryFrom } from "./recovery.ts";

export interface AttemptsOptions {
  readonly carriers: Carriers;
  readonly call: Call;
  readonly limits: ProviderLimits;
  readonly timing: Timing;
}

/** The `code` of the error when a stream breaks between the answer and the event that ends it. */
const END_UNCONFIRMED = "end_unconfirmed";

/** The attempts of one call: the current one, the items that earlier ones have finished, and what follows when one fails. */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #kept: ResponseItem[] = [];
  #current = new CurrentAttempt(0);
  /** Retries used on the carrier of the current attempt. */
  #retries = 0;
  /** A stream contained an unreadable event. If that happens again, the server is at fault. */
  #hasSeenDamage = false;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  get current(): CurrentAttempt {
    return this.#current;
  }

  /** The stream of the current attempt; the first caller that needs it opens it. */
  async open(): Promise<Opened> {
    const { carriers, call, timing } = this.#options;
    const current = this.#current;
    if (current.opened) return current.opened;
    if (current.delayMs > 0) await timing.clock.sleep(current.delayMs, call.signal);
    current.attempt = carriers.attempt(call, this.#kept);
    const stream = await current.attempt.open();
    current.opened = { stream, events: stream.source() };
    return current.opened;
  }

  /** Another response continues in the place of the current one. */
  goOn(event: SteeredEvent): void {
    this.#kept.push(...this.#current.goOn(event));
  }

  /**
   * Prepares the next attempt after a failure.
   *
   * @returns What becomes of the events yielded so far, if there are any.
   * @throws The error with which the call ends, if there is no next attempt.
   */
  prepareNext(failure: unknown): RestartedEvent | undefined {
    const error = this.#sameAgain(failure);
    const { carriers, limits, timing } = this.#options;
    const { attempt, hasYielded } = this.#current;
    if (attempt?.lostPlace(error)) return this.#replace(error);
    const endUnconfirmed = this.#current.isAnswered && isBreak(error);
    const recovery = recoveryFrom(
      {
        error,
        carrier: attempt?.carrier ?? carriers.carrier,
        isOpening: attempt?.isOpening ?? false,
        goesOn: attempt?.goesOn ?? false,
        endUnconfirmed,
        wasIdle: (attempt?.wasIdle ?? false) && !hasYielded,
        retries: this.#retries,
        mayFallBack: carriers.mayFallBack,
      },
      limits,
      timing,
    );
    switch (recovery.action) {
      case "give_up":
        throw endUnconfirmed ? unconfirmed(error) : error;
      case "fall_back":
        this.#retries = 0;
        carriers.fallBack(error, this.#options.call.part);
        return this.#restart(error, 0, 0);
      case "replace":
        return this.#replace(error);
      case "retry":
        this.#retries += 1;
        this.#announce(error, this.#retries, recovery.delayMs);
        return this.#restart(error, this.#retries, recovery.delayMs);
    }
  }

  #replace(error: unknown): RestartedEvent | undefined {
    this.#announce(error, 0, 0);
    return this.#restart(error, 0, 0);
  }

  #restart(error: unknown, retry: number, delayMs: number): RestartedEvent | undefined {
    const { hasYielded } = this.#current;
    this.#kept.push(...this.#current.kept());
    this.#current = new CurrentAttempt(delayMs);
    if (!hasYielded) return undefined;
    const reason = CodexApiError.is(error) ? error.kind : "stream";
    return { type: "restarted", retry, delayMs, reason, keptItems: this.#kept.length };
  }

  /** `retry` is 0 when only the place is replaced, which uses no retry: a dead idle connection, or a name that was refused. */
  #announce(reason: unknown, retry: number, delayMs: number): void {
    const { maxStreamRetries: maxRetries } = this.#options.limits;
    announceRetry(this.#options.call.part.observer, { retry, maxRetries, delayMs, reason, layer: "stream" });
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

function unconfirmed(error: unknown): StreamError {
  const { message } = error as Error;
  return new StreamError(
    `the stream broke after the finished answer, before the event that ends it (${message}); the request was not sent again, because that would create, and bill, a second answer: \`partial\` has this one, most likely complete`,
    { code: END_UNCONFIRMED, cause: error },
  );
}
