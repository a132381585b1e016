import { AbortedError } from "../failure/kinds.ts";
import { keepShape } from "../kept-shapes.ts";
import { objectList } from "../object-list.ts";
import type { Backlog } from "./backlog.ts";

// Classes, not literals: V8 notices that objects from a literal, made for many streams, outlive two collections, and from then on allocates
// those of every event in the old generation, which only a full collection frees, with everything they reference.

/** A reader that waits. */
class Waiting<Value> {
  readonly resolve: (result: IteratorResult<Value, undefined>) => void;
  readonly reject: (error: unknown) => void;
  next: Waiting<Value> | undefined;

  constructor(resolve: Waiting<Value>["resolve"], reject: Waiting<Value>["reject"]) {
    this.resolve = resolve;
    this.reject = reject;
  }
}

/**
 * Takes batches as they come. Where it returns a promise, what comes meanwhile stays queued until that is fulfilled. If it throws, the
 * reader leaves.
 */
export type TakeBatch<Value> = (batch: Value[]) => PromiseLike<unknown> | undefined;

/** A reader that is called, instead of waiting. */
class Taker<Value> {
  readonly take: TakeBatch<Value>;
  readonly resolve: (end: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** What it was given last it is still taking. */
  isBusy = false;

  constructor(take: TakeBatch<Value>, resolve: Taker<Value>["resolve"], reject: (error: unknown) => void) {
    this.take = take;
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** The result of `next()`. A loop keeps its last one until the next arrives. */
class Taken<Value> implements IteratorYieldResult<Value> {
  readonly done = false;
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/**
 * Values pushed on one side and taken on the other by one reader: one by one, in batches, by a function, or not at all (`drain`). It ends
 * in one of three ways: `end` and `fail` after the queued values have been taken, `cut` at once. The producer limits its size by watching
 * `length`, and by its `backlog`.
 */
export class PushQueue<Value> implements AsyncIterator<Value, undefined> {
  #values = objectList<Value>();
  #head = 0;
  /** Waiting readers as a linked list: there is hardly ever more than one, and an array would allocate room for seventeen. */
  #waiting: Waiting<Value> | undefined;
  #over: { readonly error: unknown } | "ended" | undefined;
  /** A reader that waits for a batch. */
  #waitingForBatch: Waiting<Value[]> | undefined;
  #taker: Taker<Value> | undefined;
  /** Set when values are no longer taken: new ones are dropped, and the end is awaited. */
  #drain: { readonly end: Promise<void>; resolve(): void; reject(error: unknown): void } | undefined;
  /** The error it ended with, if any. */
  #failure: { readonly error: unknown } | undefined;

  /** Once it has fired, queued values are dropped even if all have arrived: a reader does not work through a queue after an abort. */
  signal: AbortSignal | undefined;
  /**
   * Cleared each time the last queued value has been taken. No function: V8 compiles a function of one stream into the code that serves
   * all, and throws that code away with the stream.
   */
  backlog: Pick<Backlog, "clear"> | undefined;
  /** Called once when the consumer leaves before the end. */
  onLeave: (() => void) | undefined;

  get length(): number {
    return this.#values.length - this.#head;
  }

  push(value: Value): void {
    if (this.#over) return;
    const waiting = this.#nextWaiting();
    if (waiting) waiting.resolve(new Taken(value));
    else if (!this.#drain) this.#values.push(value);
  }

  pushAll(values: readonly Value[]): void {
    if (this.#over) return;
    let at = 0;
    for (let waiting = this.#nextWaiting(); waiting; waiting = this.#nextWaiting()) {
      waiting.resolve(new Taken(values[at] as Value));
      at += 1;
      if (at === values.length) return;
    }
    if (this.#drain) return;
    for (; at < values.length; at += 1) this.#values.push(values[at] as Value);
  }

  /** A batch has been pushed completely: it is delivered to a reader that waits for one. */
  flush(): void {
    if (this.#taker) {
      this.#give(this.#taker);
      return;
    }
    const waiting = this.#waitingForBatch;
    if (!waiting || this.length === 0) return;
    this.#waitingForBatch = undefined;
    waiting.resolve(new Taken(this.#takeAll()));
  }

  end(): void {
    if (this.#over) return;
    this.flush();
    this.#over = "ended";
    this.#releaseAll();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.flush();
    this.#failure = { error };
    this.#drain?.reject(error);
    const first = this.#nextWaiting() ?? this.#waitingForBatch;
    this.#waitingForBatch = undefined;
    // The error is given to one caller, as from a generator; after it the iterator is done.
    this.#over = first ? "ended" : { error };
    first?.reject(error);
    this.#releaseAll();
  }

  /** Drops the queued values and fails at once. Without effect once the end has been read. */
  cut(error: unknown): void {
    if (this.#over === "ended" && this.length === 0) return;
    if (this.#taker) this.#taker.isBusy = false;
    this.#drop();
    this.#over = undefined;
    this.fail(error);
  }

  /** @param signal - Ends this wait with an `aborted` error; no value is lost. */
  next(signal?: AbortSignal): Promise<IteratorResult<Value, undefined>> {
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.#head < this.#values.length) {
      if (!this.signal?.aborted) return Promise.resolve(new Taken(this.#take()));
      this.cut(new AbortedError(this.signal.reason));
    }
    return (
      this.#atEnd() ??
      new Promise((resolve, reject) => {
        const waiting = new Waiting(resolve, reject);
        this.#wait(signal ? this.#abortable(waiting, signal) : waiting);
      })
    );
  }

  /** Everything that is queued; if nothing is, the next values that arrive together. One call at a time. */
  nextBatch(): Promise<IteratorResult<Value[], undefined>> {
    if (this.length > 0) {
      if (!this.signal?.aborted) return Promise.resolve(new Taken(this.#takeAll()));
      this.cut(new AbortedError(this.signal.reason));
    }
    return (
      this.#atEnd() ??
      new Promise((resolve, reject) => {
        this.#waitingForBatch = new Waiting(resolve, reject);
      })
    );
  }

  /**
   * Calls `take` with everything that is queued, and with what comes, as it comes: that spares the promise of a reader who waits. Resolves
   * at the end, or if the reader leaves.
   */
  forEachBatch(take: TakeBatch<Value>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#taker = new Taker(take, resolve, reject);
      this.#give(this.#taker);
    });
  }

  /**
   * Drops queued and later values, and resolves at the end; a reader's next step then ends too. The caller has already taken what it needs
   * from the values elsewhere. Rejects with the error of the queue, even if a reader has already got it, and if the reader left.
   */
  drain(): Promise<void> {
    if (this.#drain) return this.#drain.end;
    if (this.length > 0 && this.signal?.aborted) this.cut(new AbortedError(this.signal.reason));
    this.#drop();
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#over) return Promise.resolve();
    let settle!: { resolve(): void; reject(error: unknown): void };
    const end = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#drain = { end, ...settle };
    this.backlog?.clear();
    return end;
  }

  return(): Promise<IteratorResult<Value, undefined>> {
    const left = this.#over === undefined;
    // Also if everything has arrived but was not read: whether it had must not decide what `drain` says.
    if (left || (this.#over === "ended" && this.length > 0))
      this.#failure = { error: new AbortedError("the reader left the stream") };
    if (this.#taker) this.#taker.isBusy = false;
    this.#drop();
    this.#over = "ended";
    if (left) this.#drain?.reject(this.#failure?.error);
    this.#releaseAll();
    if (left) this.onLeave?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Like `return`, but from outside: the reader gets `reason`. Without effect once the end has been read. */
  leave(reason: unknown): void {
    const left = this.#over === undefined;
    this.cut(reason);
    if (left) this.onLeave?.();
  }

  /** Gives what is queued, then the end. */
  #give(taker: Taker<Value>): void {
    if (taker.isBusy) return;
    if (this.length > 0) {
      if (this.signal?.aborted) {
        this.cut(new AbortedError(this.signal.reason));
        return;
      }
      try {
        const taken = taker.take(this.#takeAll());
        if (taken) {
          this.#giveAfter(taken, taker);
          return;
        }
      } catch (error) {
        this.#leaveWith(error, taker);
      }
    }
    this.#atEnd()?.then(taker.resolve, taker.reject);
  }

  /** A function of its own: its closures would cost each batch. */
  #giveAfter(taken: PromiseLike<unknown>, taker: Taker<Value>): void {
    taker.isBusy = true;
    taken.then(
      () => {
        taker.isBusy = false;
        this.#give(taker);
      },
      (error) => this.#leaveWith(error, taker),
    );
  }

  #leaveWith(error: unknown, taker: Taker<Value>): void {
    taker.reject(error);
    void this.return();
  }

  /** The result for a reader when nothing is queued; undefined if something may still come. */
  #atEnd(): Promise<IteratorResult<never, undefined>> | undefined {
    const over = this.#over;
    if (over === "ended") return Promise.resolve({ done: true, value: undefined });
    if (over) {
      this.#over = "ended";
      return Promise.reject(over.error);
    }
    return this.#drain?.end.then(() => ({ done: true, value: undefined }));
  }

  #wait(waiting: Waiting<Value>): void {
    if (!this.#waiting) {
      this.#waiting = waiting;
      return;
    }
    let last = this.#waiting;
    while (last.next) last = last.next;
    last.next = waiting;
  }

  #leave(waiting: Waiting<Value>): void {
    let before: Waiting<Value> | undefined;
    for (let each = this.#waiting; each && each !== waiting; each = each.next) before = each;
    if (before) before.next = waiting.next;
    else this.#waiting = waiting.next;
  }

  #nextWaiting(): Waiting<Value> | undefined {
    const first = this.#waiting;
    this.#waiting = first?.next;
    return first;
  }

  #releaseAll(): void {
    for (let each = this.#nextWaiting(); each; each = this.#nextWaiting()) {
      each.resolve({ done: true, value: undefined });
    }
    this.#waitingForBatch?.resolve({ done: true, value: undefined });
    this.#waitingForBatch = undefined;
    if (this.#taker) this.#give(this.#taker);
    this.#drain?.resolve();
  }

  #abortable({ resolve, reject }: Waiting<Value>, signal: AbortSignal): Waiting<Value> {
    const onAbort = (): void => {
      this.#leave(waiting);
      reject(new AbortedError(signal.reason));
    };
    const settled = (): void => signal.removeEventListener("abort", onAbort);
    const waiting = new Waiting<Value>(
      (result) => {
        settled();
        resolve(result);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
    signal.addEventListener("abort", onAbort, { once: true });
    return waiting;
  }

  #take(): Value {
    const value = this.#values[this.#head] as Value;
    this.#head += 1;
    if (this.#head === this.#values.length) {
      // Emptied once per burst instead of shifting, so taking is constant-time for any queue length.
      this.#drop();
      this.backlog?.clear();
    }
    return value;
  }

  #takeAll(): Value[] {
    const values = this.#head === 0 ? this.#values : this.#values.slice(this.#head);
    this.#values = objectList();
    this.#head = 0;
    this.backlog?.clear();
    return values;
  }

  #drop(): void {
    this.#values.length = 0;
    this.#head = 0;
  }
}

keepShape(new Taken(undefined));
keepShape(new PushQueue());
