import { AbortedError } from "../../client/failure/kinds.ts";
import type { TakeBatch } from "../../client/waiting/push-queue.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponsePosition } from "../responses/background/position.ts";
import type { IncompleteEvent, ResponseEvent, RestartedEvent } from "../responses/events/types.ts";
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
import { Attempts, type AttemptsOptions } from "./attempts.ts";

export interface SessionStreamOptions extends AttemptsOptions {
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

/** One of the ways to read events. */
interface Reading<Value> {
  readonly take: (events: EventIterator) => Promise<IteratorResult<Value, undefined>>;
  readonly events: (value: Value) => readonly ResponseEvent[];
  /** For an event that no stream brought. */
  readonly only: (event: RestartedEvent | IncompleteEvent) => Value;
}

const SINGLE: Reading<ResponseEvent> = {
  take: (events) => events.next(),
  events: (event) => [event],
  only: (event) => event,
};
const BATCH: Reading<ResponseEvent[]> = {
  take: (events) => events.nextBatch(),
  events: (batch) => batch,
  only: (event) => [event],
};

/** The events of one call, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is requested. */
export class SessionStream implements EventIterator, ResponseSource, ResponseControl {
  readonly events = this;
  readonly control = this;
  readonly received: Received;
  readonly #options: SessionStreamOptions;
  readonly #attempts: Attempts;
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
  /** A function takes the batches; called when they are no longer wanted. */
  #onDrain: (() => void) | undefined;
  #drained: Promise<void> | undefined;
  /** The caller wants no more of the answer, so it is not retried. */
  #isInterrupted = false;

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    this.#attempts = new Attempts(options);
    this.received = new Received({ keep: options.keep });
    // Pending waits listen to the signal themselves; this covers a call whose events are no longer read.
    options.call.signal.addEventListener("abort", this.#leaveAttempt, { once: true });
  }

  /** Resolves when the first stream is open. Throws the error that ends the call before that. */
  async start(): Promise<ResponseStream> {
    for (;;) {
      try {
        return (await this.#attempts.open()).stream;
      } catch (error) {
        this.#recover(error);
      }
    }
  }

  get position(): ResponsePosition | undefined {
    return this.#attempts.current.opened?.stream.position;
  }

  next(): Promise<Step> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#step);
  }

  nextBatch(): Promise<Batch> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#batch);
  }

  /**
   * What `take` throws ends the call. Once `drain` is called it gets nothing more, and what it returned is not awaited: it may itself wait for
   * the answer.
   */
  async forEachBatch(take: TakeBatch<ResponseEvent>): Promise<void> {
    const drained = new Promise<void>((resolve) => {
      this.#onDrain = resolve;
    });
    const give: TakeBatch<ResponseEvent> = (batch) => {
      const taken = this.#drained ? undefined : take(batch);
      return taken && Promise.race([taken, drained]);
    };
    const all = (events: EventIterator): Promise<Batch> =>
      events
        .forEachBatch((batch) => {
          for (const event of batch) this.#note(event);
          return give(batch);
        })
        .then(() => DONE);
    for (;;) {
      const step = await this.#inTurn(() => this.#advance({ ...BATCH, take: all, events: () => [] })); // `all` has noted them
      if (step.done) return;
      await give([...step.value]);
    }
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    this.#onDrain?.();
    return this.#drained;
  }

  async return(): Promise<Step> {
    if (!this.#isDone && this.received.status === undefined)
      this.#failure = { error: new AbortedError("the reader left the stream") };
    this.#isDone = true;
    if (!this.#isOver) {
      await this.#attempts.current.opened?.events.return();
      this.#options.cancel(); // a connection attempt or a retry delay may still be pending
    }
    return DONE;
  }

  /** See `ResponseStream.steer`. */
  async steer(input: SteerInput): Promise<Steer> {
    const { opened } = this.#attempts.current;
    if (!opened || this.#isOver) throw notActive(input);
    return opened.stream.steer(input);
  }

  /** See `ResponseStream.interrupt`. Between two attempts, or if the stream breaks meanwhile, the answer ends with what has arrived. */
  async interrupt(): Promise<void> {
    if (this.#isOver) return;
    this.#isInterrupted = true;
    const { opened } = this.#attempts.current;
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

  /** Nearly every event takes this way. It costs one promise, an async function several, and as much again as the event itself. */
  readonly #step = (): Promise<Step> => {
    const { opened } = this.#attempts.current;
    return opened && !this.#isDone ? opened.events.next().then(this.#took, this.#missed) : this.#advance(SINGLE);
  };

  readonly #took = (step: Step): Step | Promise<Step> => {
    if (step.done) return this.#advance(SINGLE, () => step);
    this.#note(step.value);
    this.#asked -= 1;
    return step;
  };

  readonly #missed = (error: unknown): Promise<Step> =>
    this.#advance(SINGLE, () => {
      throw error;
    });

  readonly #batch = (): Promise<Batch> => this.#advance(BATCH);

  /** @param first - Gives the outcome of a step that was taken already. */
  async #advance<Value>(
    { take, events, only }: Reading<Value>,
    first?: () => IteratorResult<Value, undefined>,
  ): Promise<IteratorResult<Value, undefined>> {
    let taken = first;
    try {
      while (!this.#isDone) {
        try {
          const opened = this.#attempts.current.opened ?? (await this.#attempts.open());
          const step = taken ? taken() : await take(opened.events);
          if (step.done) break;
          for (const event of events(step.value)) this.#note(event);
          return step;
        } catch (error) {
          taken = undefined;
          if (this.#isDone) break; // left meanwhile
          if (this.#isInterrupted) return { done: false, value: only(this.#endInterrupted()) };
          const restarted = this.#recover(error);
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

  #note(event: ResponseEvent): void {
    const { current } = this.#attempts;
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
    const { attempt, isSuccessor } = this.#attempts.current;
    onAnswer(turnCache(usage, isSuccessor ? undefined : attempt?.whole)); // a successor had no request of its own: one request, one reason
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

  /** Prepares the next attempt, and reports what becomes of the events yielded so far. Throws the error if there is no next attempt. */
  #recover(error: unknown): RestartedEvent | undefined {
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

  /** The reader has left. If the service ends the response because of that, the next call waits for this and continues from it. */
  readonly #leaveAttempt = (): void => {
    const aftermath = this.#attempts.current.opened?.stream.aftermath;
    if (aftermath) void aftermath.then((left) => this.#endLeft(left));
    else this.#end();
  };

  #endLeft(left: LeftResponse | undefined): void {
    // Finished items that were never read are not in the caller's history, so nothing can continue from them.
    if (left && left.finishedItems === this.#attempts.current.finishedItems)
      this.#attempts.current.answered(left.responseId);
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
