import { notify } from "../../client/observe/telemetry.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { IncompleteEvent, OutputItemDoneEvent, ResponseEvent, RestartedEvent } from "../responses/events/types.ts";
import { type TurnCache, turnCache } from "../responses/received/cache-use.ts";
import { Received } from "../responses/received/received.ts";
import type { LeftResponse } from "../responses/source.ts";
import type { TokenUsage } from "../token-usage.ts";
import { Attempts, type AttemptsOptions } from "./attempts.ts";
import type { Opened } from "./current-attempt.ts";

export interface SessionAnswerOptions extends AttemptsOptions {
  /** Called with what an answer reports about the service's prompt cache. */
  readonly onAnswer: (cache: TurnCache) => void;
  /** Called once, when the call is over, however it ended. */
  readonly onEnd: () => void;
  /** As for `Received`. */
  readonly keep: boolean | undefined;
}

/** What a call has brought so far, over all its attempts, and the end of the call. The reader of the events is `SessionStream`. */
export class SessionAnswer {
  readonly received: Received;
  readonly #options: SessionAnswerOptions;
  readonly #attempts: Attempts;
  #isOver = false;

  constructor(options: SessionAnswerOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options);
    this.received = new Received({ keep: options.keep });
    // Pending waits listen to the signal themselves; this covers a call whose events are no longer read.
    options.call.signal.addEventListener("abort", this.#leaveAttempt, { once: true });
  }

  /** The session may start the next call. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The stream of the current attempt; undefined while there is none. */
  get opened(): Opened | undefined {
    return this.#attempts.current.opened;
  }

  /** See `Attempts.open`. */
  open(): Promise<Opened> {
    return this.#attempts.open();
  }

  /** Takes an event that the reader is about to get. @returns What the reader gets: an item may have lacked texts that came before it. */
  note(arrived: ResponseEvent): ResponseEvent {
    const { current } = this.#attempts;
    const event = arrived.type === "output_item.done" ? this.#whole(arrived) : arrived;
    this.received.note(event);
    current.note(event);
    if (event.type === "steered") {
      this.#tally(event.tokenUsage);
      this.#attempts.goOn(event);
    } else if (event.type === "completed" || event.type === "incomplete") {
      // Before the caller sees the event: its next request may continue from here.
      current.answered(event.responseId);
      this.#tally(event.tokenUsage);
      this.#end();
    }
    return event;
  }

  /** The streams of a session keep nothing, so only here is known what came before an item. */
  #whole(done: OutputItemDoneEvent): OutputItemDoneEvent {
    const whole = this.received.whole(done);
    const { telemetry } = this.#options.call.part.observer;
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

  /** Prepares the next attempt, and reports what becomes of the events yielded so far. Throws the error if there is no next attempt. */
  recover(error: unknown): RestartedEvent | undefined {
    try {
      const restarted = this.#attempts.prepareNext(error);
      if (restarted) this.received.note(restarted);
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
    const { call, onAnswer } = this.#options;
    const { attempt, isSuccessor } = this.#attempts.current;
    onAnswer(turnCache(usage, isSuccessor ? undefined : attempt?.whole)); // a successor has no request, so no reason of its own
    call.part.observer.answered({ cache: turnCache(usage, attempt?.whole) });
  }

  /** For a call that ends with an error. An answer that stopped early can be continued from. */
  #failed(error: unknown): unknown {
    if (!CodexApiError.is(error)) return error;
    if (error.kind === "incomplete") {
      this.#attempts.current.answered(error.partial?.responseId);
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
    // Finished items that were never read are not in the caller's history, so nothing can continue from them.
    const { current } = this.#attempts;
    if (left && left.finishedItems === current.finishedItems) current.answered(left.responseId);
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { call, onEnd } = this.#options;
    call.signal.removeEventListener("abort", this.#leaveAttempt);
    onEnd();
  }
}
