import { notify } from "../../../client/observe/telemetry.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import { withPartial } from "../../refusal/partial.ts";
import type {
  IncompleteEvent,
  OutputItemDoneEvent,
  ResponseEvent,
  RestartedEvent,
} from "../../responses/events/types.ts";
import { type TurnCache, turnCache } from "../../responses/received/cache-use.ts";
import { Received } from "../../responses/received/received.ts";
import type { LeftResponse } from "../../responses/source.ts";
import type { TokenUsage } from "../../token-usage.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { Attempt, type Opened } from "./attempt.ts";
import type { CallContext } from "./context.ts";
import { Retries, type RetriesOptions } from "./retries.ts";

export interface SessionCallSettings extends Omit<RetriesOptions, "scope"> {
  /** Called with what an answer reports about the service's prompt cache. */
  readonly onAnswer: (cache: TurnCache) => void;
  /** Called once, when the call is over, however it ended. */
  readonly onEnd: () => void;
}

/** One call of a session: its attempts, what all of them together have brought, and its end. `CallEvents` hands the events to the reader. */
export class SessionCall {
  readonly received: Received;
  readonly #context: CallContext;
  readonly #settings: SessionCallSettings;
  readonly #retries: Retries;
  /** Items that earlier attempts have finished. */
  readonly #kept: ResponseItem[] = [];
  #attempt = new Attempt(0);
  #isOver = false;

  constructor(context: CallContext, settings: SessionCallSettings) {
    this.#context = context;
    this.#settings = settings;
    const { carriers, limits, timing } = settings;
    this.#retries = new Retries({ carriers, limits, timing, scope: context.scope });
    this.received = new Received({ keep: context.options.keep });
    // Pending waits listen to the signal themselves; this covers a call whose events are no longer read.
    context.signal.addEventListener("abort", this.#leaveAttempt, { once: true });
  }

  /** The session may start the next call. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The stream of the current attempt; undefined while there is none. */
  get opened(): Opened | undefined {
    return this.#attempt.opened;
  }

  /** The stream of the current attempt; the first caller that needs it opens it. */
  async open(): Promise<Opened> {
    const attempt = this.#attempt;
    if (attempt.opened) return attempt.opened;
    const { carriers, timing } = this.#settings;
    if (attempt.delayMs > 0) await timing.clock.sleep(attempt.delayMs, this.#context.signal);
    return attempt.open(carriers.sending(this.#context, this.#kept));
  }

  /**
   * Takes an event that the reader is about to get.
   *
   * @returns What the reader gets: an item may have lacked texts that came before it, and a stream does not know what earlier ones brought.
   */
  note(arrived: ResponseEvent): ResponseEvent {
    const attempt = this.#attempt;
    const event = arrived.type === "output_item.done" ? this.#whole(arrived) : arrived;
    this.received.note(event);
    attempt.note(event);
    if (event.type === "steered") {
      this.#tally(event.tokenUsage);
      this.#kept.push(...attempt.steered(event));
      return { ...event, keptItems: this.#kept.length }; // the stream counts its own alone
    }
    if (event.type === "completed" || event.type === "incomplete") {
      // Before the caller sees the event: its next request may continue from here.
      attempt.completed(event.responseId);
      this.#tally(event.tokenUsage);
      this.#end();
    }
    return event;
  }

  /** The streams of a session keep nothing, so only here is known what came before an item. */
  #whole(done: OutputItemDoneEvent): OutputItemDoneEvent {
    const whole = this.received.whole(done);
    const { telemetry } = this.#context.scope.observer;
    if (whole !== done) notify(telemetry, "onStreamDeviation", { type: "response.output_item.done", what: "text" });
    return whole;
  }

  /** The same, for a batch, in its place. */
  noteAll(batch: ResponseEvent[]): void {
    for (let at = 0; at < batch.length; at += 1) {
      const event = batch[at] as ResponseEvent;
      const noted = this.note(event);
      if (noted !== event) batch[at] = noted;
    }
  }

  /**
   * Prepares the next attempt after a failure.
   *
   * @returns What becomes of the events yielded so far, if there are any.
   * @throws The error with which the call ends, if there is no next attempt.
   */
  recover(error: unknown): RestartedEvent | undefined {
    const failed = this.#attempt;
    try {
      const next = this.#retries.after(failed, error);
      this.#kept.push(...failed.kept());
      this.#attempt = new Attempt(next.delayMs);
      if (!failed.hasYielded) return undefined;
      const restarted: RestartedEvent = { type: "restarted", ...next, keptItems: this.#kept.length };
      this.received.note(restarted);
      return restarted;
    } catch (final) {
      const failure = this.#failed(final);
      this.#leaveAttempt();
      throw failure;
    }
  }

  /** Ends the call with what has arrived: its stream broke after an interruption, or it was interrupted before it was sent. */
  endInterrupted(): IncompleteEvent {
    const event: IncompleteEvent = { type: "incomplete", reason: "interrupted" };
    this.received.note(event);
    this.#end();
    return event;
  }

  #tally(usage: TokenUsage | undefined): void {
    const { sending, isSuccessor } = this.#attempt;
    this.#settings.onAnswer(turnCache(usage, isSuccessor ? undefined : sending?.whole)); // a successor has no request, so no reason of its own
    this.#context.scope.observer.answered({ cache: turnCache(usage, sending?.whole) });
  }

  /** For a call that ends with an error. An answer that stopped early can be continued from. */
  #failed(error: unknown): unknown {
    if (!CodexApiError.is(error)) return error;
    if (error.kind === "incomplete") {
      this.#attempt.completed(error.partial?.responseId);
      this.#tally(error.partial?.tokenUsage);
    }
    this.received.ended(error.partial ?? {});
    return withPartial(error, this.received.partial());
  }

  /** The reader has left. If the service ends the response because of that, the next call waits for this and continues from it. */
  readonly #leaveAttempt = (): void => {
    const aftermath = this.opened?.stream.aftermath;
    if (aftermath) void aftermath.then((left) => this.#endLeft(left));
    else this.#end();
  };

  #endLeft(left: LeftResponse | undefined): void {
    if (this.#isOver) return; // the reader may learn of the end late: the next call's request may have been sent by now
    // Finished items that were never read are not in the caller's history, so nothing can continue from them.
    if (left && left.finishedItems === this.#attempt.finishedItems) this.#attempt.completed(left.responseId);
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.signal.removeEventListener("abort", this.#leaveAttempt);
    this.#settings.onEnd();
  }
}
