import { AbortedError, ProtocolError, StreamError } from "../../client/failure/kinds.ts";
import { announceRetry } from "../../client/observe/telemetry.ts";
import type { Timing } from "../../client/retry/policy.ts";
import type { ProviderLimits } from "../provider.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponsePosition } from "../responses/background/position.ts";
import type { IncompleteEvent, ResponseEvent, RestartedEvent } from "../responses/events/types.ts";
import { DAMAGED_EVENT } from "../responses/reader.ts";
import { type TurnCache, turnCache } from "../responses/received/cache-use.ts";
import { Received } from "../responses/received/received.ts";
import type {
  EventIterator,
  LeftResponse,
  ResponseControl,
  ResponseSource,
  Steer,
  SteerInput,
} from "../responses/source.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { notActive } from "../responses/websocket/steering.ts";
import type { TokenUsage } from "../token-usage.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { Call, Carriers } from "./carriers.ts";
import { CurrentAttempt, type Opened } from "./current-attempt.ts";
import { isBreak, recoveryFrom } from "./recovery.ts";

export interface SessionStreamOptions {
  readonly carriers: Carriers;
  readonly call: Call;
  readonly limits: ProviderLimits;
  readonly timing: Timing;
  /** Called with what an answer reports about the service's prompt cache. */
  readonly onAnswer: (cache: TurnCache) => void;
  /** Called once, when the call is over, however it ended. */
  readonly onEnd: () => void;
  /** Fires the call's signal, which ends the call. */
  readonly cancel: () => void;
  /** As for `Received`. */
  readonly keep: boolean | undefined;
}

type Step = IteratorResult<ResponseEvent, undefined>;
type Batch = IteratorResult<ResponseEvent[], undefined>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The `code` of the error when a stream breaks between the answer and the event that ends it. */
const END_UNCONFIRMED = "end_unconfirmed";

/** The events of one call, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is requested. */
export class SessionStream implements EventIterator, ResponseSource, ResponseControl {
  readonly events = this;
  readonly control = this;
  readonly received: Received;
  readonly #options: SessionStreamOptions;
  readonly #kept: ResponseItem[] = [];
  #current = new CurrentAttempt(0);
  /** Retries used on the carrier of the current attempt. */
  #retries = 0;
  /** The session may start the next call. */
  #isOver = false;
  /** Nothing more is yielded. */
  #isDone = false;
  /** Why the call was ended by someone other than its reader; reported once. */
  #leftFor: { readonly reason: unknown } | undefined;
  /** Calls of `next` that wait. */
  #asked = 0;
  #lastStep: Promise<unknown> = Promise.resolve();
  /** The error it ended with, if any. */
  #failure: { readonly error: unknown } | undefined;
  #drained: Promise<void> | undefined;
  /** The caller wants no more of the answer, so it is not retried. */
  #isInterrupted = false;
  /** A stream contained an unreadable event. If that happens again, the server is at fault. */
  #hasSeenDamage = false;

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    this.received = new Received({ keep: options.keep });
    // Pending waits listen to the signal themselves; this covers a call whose events are no longer read.
    options.call.signal.addEventListener("abort", this.#leaveAttempt, { once: true });
  }

  /** Resolves when the first stream is open. Throws the error that ends the call before that. */
  async start(): Promise<ResponseStream> {
    for (;;) {
      try {
        return (await this.#opened()).stream;
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  get position(): ResponsePosition | undefined {
    return this.#current.opened?.stream.position;
  }

  next(): Promise<Step> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#step);
  }

  nextBatch(): Promise<Batch> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#batch);
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async return(): Promise<Step> {
    if (!this.#isDone) this.#failure = { error: new AbortedError("the reader left the stream") };
    this.#isDone = true;
    if (!this.#isOver) {
      await this.#current.opened?.events.return();
      this.#options.cancel(); // a connection attempt or a retry delay may still be pending
    }
    return DONE;
  }

  /** See `ResponseStream.steer`. */
  async steer(input: SteerInput): Promise<Steer> {
    const { opened } = this.#current;
    if (!opened || this.#isOver) throw notActive(input);
    return opened.stream.steer(input);
  }

  /** See `ResponseStream.interrupt`. Between two attempts, or if the stream breaks meanwhile, the answer ends with what has arrived. */
  async interrupt(): Promise<void> {
    if (this.#isOver) return;
    this.#isInterrupted = true;
    const { opened } = this.#current;
    if (opened) await opened.stream.interrupt();
    else this.#options.cancel();
  }

  async leave(reason: unknown): Promise<void> {
    if (!this.#isOver) this.#leftFor = { reason };
    await this.return();
  }

  /** Runs `next` calls one after the other, so events arrive in the order they were requested. */
  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#asked === 0 ? step() : this.#lastStep.then(step, step);
    this.#asked += 1;
    this.#lastStep = result;
    return result;
  }

  async #drain(): Promise<void> {
    while (!(await this.#inTurn(this.#batch)).done);
    if (this.#failure) throw this.#failure.error;
  }

  readonly #step = (): Promise<Step> =>
    this.#advance(
      (events) => events.next(),
      (event) => this.#note(event),
      (event) => event,
    );

  readonly #batch = (): Promise<Batch> =>
    this.#advance(
      (events) => events.nextBatch(),
      (batch) => {
        for (const event of batch) this.#note(event);
      },
      (event) => [event],
    );

  async #advance<Value>(
    take: (events: EventIterator) => Promise<IteratorResult<Value, undefined>>,
    note: (value: Value) => void,
    only: (event: RestartedEvent | IncompleteEvent) => Value,
  ): Promise<IteratorResult<Value, undefined>> {
    try {
      while (!this.#isDone) {
        try {
          const opened = this.#current.opened ?? (await this.#opened());
          const step = await take(opened.events);
          if (step.done) break;
          note(step.value);
          return step;
        } catch (error) {
          if (this.#isDone) break; // left meanwhile
          if (this.#isInterrupted) return { done: false, value: only(this.#endInterrupted()) };
          const restarted = this.#recover(this.#sameAgain(error));
          if (restarted) return { done: false, value: only(restarted) };
        }
      }
      this.#isDone = true;
      const leftFor = this.#leftFor;
      this.#leftFor = undefined;
      if (leftFor) throw leftFor.reason;
      return DONE;
    } catch (error) {
      this.#isDone = true;
      this.#failure = { error };
      throw error;
    } finally {
      this.#asked -= 1;
    }
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

  /** The stream of the current attempt; the first caller that needs it opens it. */
  async #opened(): Promise<Opened> {
    const { carriers, call, timing } = this.#options;
    const current = this.#current;
    if (current.opened) return current.opened;
    if (current.delayMs > 0) await timing.clock.sleep(current.delayMs, call.signal);
    current.attempt = carriers.attempt(call, this.#kept);
    const stream = await current.attempt.open();
    current.opened = { stream, events: stream.source() };
    return current.opened;
  }

  #note(event: ResponseEvent): void {
    const current = this.#current;
    this.received.note(event);
    current.note(event);
    if (event.type === "steered") {
      this.#tally(event.tokenUsage);
      this.#kept.push(...current.goOn(event));
    } else if (event.type === "completed" || event.type === "incomplete") {
      // Before the caller sees the event: its next request may continue from here.
      current.answered(event.responseId);
      this.#tally(event.tokenUsage);
      this.#end();
    }
  }

  /** The result so far, when the stream breaks after an interruption or was interrupted before it was sent. */
  #endInterrupted(): IncompleteEvent {
    const event: IncompleteEvent = { type: "incomplete", reason: "interrupted" };
    this.received.note(event);
    this.#isDone = true;
    this.#end();
    return event;
  }

  #tally(usage: TokenUsage | undefined): void {
    const { call, onAnswer } = this.#options;
    const { attempt, isSuccessor } = this.#current;
    onAnswer(turnCache(usage, isSuccessor ? undefined : attempt?.whole)); // a successor had no request of its own: one request, one reason
    call.part.observer.answered({ cache: turnCache(usage, attempt?.whole) });
  }

  /** For a call that ends with an error. An answer that stopped early can be continued from. */
  #failed(error: unknown): unknown {
    if (!CodexApiError.is(error)) return error;
    if (error.kind === "incomplete") {
      this.#current.answered(error.partial?.responseId);
      this.#tally(error.partial?.tokenUsage);
    }
    this.received.ended(error.partial ?? {});
    return withPartial(error, this.received.partial());
  }

  /** Prepares the next attempt, and reports what becomes of the events yielded so far. Throws the error if there is no next attempt. */
  #recover(error: unknown): RestartedEvent | undefined {
    const { carriers, limits, timing } = this.#options;
    const { attempt, hasYielded } = this.#current;
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
      case "give_up": {
        const failure = this.#failed(endUnconfirmed ? unconfirmed(error) : error);
        this.#leaveAttempt();
        throw failure;
      }
      case "fall_back":
        this.#retries = 0;
        carriers.fallBack(error, this.#options.call.part);
        return this.#restart(error, 0, 0);
      case "replace":
        this.#announce(error, 0, 0);
        return this.#restart(error, 0, 0);
      case "retry":
        this.#retries += 1;
        this.#announce(error, this.#retries, recovery.delayMs);
        return this.#restart(error, this.#retries, recovery.delayMs);
    }
  }

  #restart(error: unknown, retry: number, delayMs: number): RestartedEvent | undefined {
    const { hasYielded } = this.#current;
    this.#kept.push(...this.#current.kept());
    this.#current = new CurrentAttempt(delayMs);
    if (!hasYielded) return undefined;
    const reason = CodexApiError.is(error) ? error.kind : "stream";
    const restarted = { type: "restarted", retry, delayMs, reason, keptItems: this.#kept.length } as const;
    this.received.note(restarted);
    return restarted;
  }

  /** `retry` is 0 when a dead idle connection is replaced, which uses no retry. */
  #announce(reason: unknown, retry: number, delayMs: number): void {
    const { maxStreamRetries: maxRetries } = this.#options.limits;
    announceRetry(this.#options.call.part.observer, { retry, maxRetries, delayMs, reason, layer: "stream" });
  }

  /** The reader has left. If the service ends the response because of that, the next call waits for this and continues from it. */
  readonly #leaveAttempt = (): void => {
    const aftermath = this.#current.opened?.stream.aftermath;
    if (aftermath) void aftermath.then((left) => this.#endLeft(left));
    else this.#end();
  };

  #endLeft(left: LeftResponse | undefined): void {
    // Finished items that were never read are not in the caller's history, so nothing can continue from them.
    if (left && left.finishedItems === this.#current.finishedItems) this.#current.answered(left.responseId);
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

function unconfirmed(error: unknown): StreamError {
  const { message } = error as Error;
  return new StreamError(
    `the stream broke after the finished answer, before the event that ends it (${message}); the request was not sent again, because that would create, and bill, a second answer: \`partial\` has this one, most likely complete`,
    { code: END_UNCONFIRMED, cause: error },
  );
}
