import { AbortedError } from "../../../client/failure/kinds.ts";
import type { TakeBatch } from "../../../client/waiting/push-queue.ts";
import type { ResponsePosition } from "../../responses/background/position.ts";
import type { IncompleteEvent, ResponseEvent, RestartedEvent } from "../../responses/events/types.ts";
import type { Received } from "../../responses/received/received.ts";
import type { EventIterator, ResponseControl, ResponseSource, Steer, SteerInput } from "../../responses/source.ts";
import type { ResponseStream } from "../../responses/stream.ts";
import { notActive } from "../../responses/websocket/steering.ts";
import type { SessionCall } from "./call.ts";

type Step = IteratorResult<ResponseEvent, undefined>;
type Batch = IteratorResult<ResponseEvent[], undefined>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One of the ways to read events. */
interface Reading<Value> {
  readonly take: (events: EventIterator) => Promise<IteratorResult<Value, undefined>>;
  /** The same value, noted. */
  readonly noted: (value: Value, call: SessionCall) => Value;
  /** For an event that no stream brought. */
  readonly only: (event: RestartedEvent | IncompleteEvent) => Value;
}

const SINGLE: Reading<ResponseEvent> = {
  take: (events) => events.next(),
  noted: (event, call) => call.note(event),
  only: (event) => event,
};
const BATCH: Reading<ResponseEvent[]> = {
  take: (events) => events.nextBatch(),
  noted: (batch, call) => {
    call.noteAll(batch);
    return batch;
  },
  only: (event) => [event],
};

/**
 * The events of one call for their reader, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is
 * requested.
 */
export class CallEvents implements EventIterator, ResponseSource, ResponseControl {
  readonly events = this;
  readonly control = this;
  readonly #call: SessionCall;
  readonly #cancel: () => void;
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

  /** @param cancel - Fires the call's signal, which ends the call. */
  constructor(call: SessionCall, cancel: () => void) {
    this.#call = call;
    this.#cancel = cancel;
  }

  get received(): Received {
    return this.#call.received;
  }

  /** Resolves when the first stream is open. Throws the error that ends the call before that. */
  async start(): Promise<ResponseStream> {
    for (;;) {
      try {
        return (await this.#call.open()).stream;
      } catch (error) {
        this.#call.recover(error);
      }
    }
  }

  get position(): ResponsePosition | undefined {
    return this.#call.opened?.stream.position;
  }

  next(): Promise<Step> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#step);
  }

  nextBatch(): Promise<Batch> {
    return this.#drained ? this.#drained.then(() => DONE) : this.#inTurn(this.#batch);
  }

  /**
   * What `take` throws ends the call. Once `drain` is called it gets nothing more, and what it returned is not awaited: it may itself wait
   * for the answer.
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
          this.#call.noteAll(batch);
          return give(batch);
        })
        .then(() => DONE);
    for (;;) {
      const step = await this.#inTurn(() => this.#advance({ ...BATCH, take: all, noted: (batch) => batch })); // `all` has noted them
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
    if (!this.#call.isOver) {
      await this.#call.opened?.events.return();
      this.#cancel(); // a connection attempt or a retry delay may still be pending
    }
    return DONE;
  }

  /** See `ResponseStream.steer`. */
  async steer(input: SteerInput): Promise<Steer> {
    const { opened } = this.#call;
    if (!opened || this.#call.isOver) throw notActive(input);
    return opened.stream.steer(input);
  }

  /** See `ResponseStream.interrupt`. Between two attempts, or if the stream breaks meanwhile, the answer ends with what has arrived. */
  async interrupt(): Promise<void> {
    if (this.#call.isOver) return;
    this.#isInterrupted = true;
    const { opened } = this.#call;
    if (opened) await opened.stream.interrupt();
    else this.#cancel();
  }

  async leave(reason: unknown): Promise<void> {
    // Also if the call is over, because of its signal, and the reader has not heard of it.
    if (!this.#isDone && this.received.status === undefined) this.#leftFor = { reason };
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
    const { opened } = this.#call;
    return opened && !this.#isDone ? opened.events.next().then(this.#took, this.#missed) : this.#advance(SINGLE);
  };

  readonly #took = (step: Step): Step | Promise<Step> => {
    if (step.done) return this.#advance(SINGLE, () => step);
    const event = this.#call.note(step.value);
    this.#asked -= 1;
    return event === step.value ? step : { done: false, value: event };
  };

  readonly #missed = (error: unknown): Promise<Step> =>
    this.#advance(SINGLE, () => {
      throw error;
    });

  readonly #batch = (): Promise<Batch> => this.#advance(BATCH);

  /** @param first - Gives the outcome of a step that was taken already. */
  async #advance<Value>(
    { take, noted, only }: Reading<Value>,
    first?: () => IteratorResult<Value, undefined>,
  ): Promise<IteratorResult<Value, undefined>> {
    let taken = first;
    try {
      while (!this.#isDone) {
        try {
          const opened = this.#call.opened ?? (await this.#call.open());
          const step = taken ? taken() : await take(opened.events);
          if (step.done) break;
          return { done: false, value: noted(step.value, this.#call) };
        } catch (error) {
          taken = undefined;
          if (this.#isDone) break; // left meanwhile
          if (this.#isInterrupted) {
            this.#isDone = true;
            return { done: false, value: only(this.#call.endInterrupted()) };
          }
          const restarted = this.#call.recover(error);
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
}
