import { AbortedError, ProtocolError, StreamError } from "../../client/failure/kinds.ts";
import { announceRetry } from "../../client/observe/telemetry.ts";
import type { Timing } from "../../client/retry/policy.ts";
import type { ProviderLimits } from "../provider.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponsePosition } from "../responses/background/position.ts";
import type { IncompleteEvent, ResponseEvent, RestartedEvent, TokenUsage } from "../responses/events/types.ts";
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
import type { ResponseItem } from "../wire/items.ts";
import type { Call, Carriers } from "./carriers.ts";
import { CurrentAttempt, type Opened } from "./current-attempt.ts";
import { isBreak, recoveryFrom } from "./recovery.ts";

export interface SessionStreamOptions {
  readonly carriers: Carriers;
  readonly call: Call;
  readonly limits: ProviderLimits;
  readonly timing: Timing;
  /** Called with what an answer says of the service's cache. */
  readonly onAnswer: (cache: TurnCache) => void;
  /** Called once, when the call is over, however it ended. */
  readonly onEnd: () => void;
  /** Fires the call's signal, which ends it. */
  readonly cancel: () => void;
  /** As for `Received`. */
  readonly keep: boolean | undefined;
}

type Step = IteratorResult<ResponseEvent, undefined>;
type Batch = IteratorResult<ResponseEvent[], undefined>;

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The `code` of the error of a stream that broke between the answer and the event that ends it. */
const END_UNCONFIRMED = "end_unconfirmed";

/** The events of one call, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is asked for. */
export class SessionStream implements EventIterator, ResponseSource, ResponseControl {
  readonly events = this;
  readonly control = this;
  readonly received: Received;
  readonly #options: SessionStreamOptions;
  readonly #kept: ResponseItem[] = [];
  #current = new CurrentAttempt(0);
  /** Spent on the carrier of the current attempt. */
  #retries = 0;
  /** The session may take the next call. */
  #isOver = false;
  /** Nothing more is yielded. */
  #isDone = false;
  /** Why somebody else than the reader ended it; told once. */
  #leftFor: { readonly reason: unknown } | undefined;
  /** Calls of `next` that wait. */
  #asked = 0;
  #lastStep: Promise<unknown> = Promise.resolve();
  /** How it ended, if not well. */
  #failure: { readonly error: unknown } | undefined;
  #drained: Promise<void> | undefined;
  /** The caller wants no more of it: it is not asked anew. */
  #isInterrupted = false;
  /** A stream held an event that is none; the same again is a fault of the server's. */
  #hasSeenDamage = false;

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    this.received = new Received({ keep: options.keep });
    // Whatever waits heeds the signal itself; this is for the call that nobody reads on.
    options.call.signal.addEventListener("abort", this.#leaveAttempt, { once: true });
  }

  /** Resolves when the first stream is open. Throws what ends the call before that. */
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
      this.#options.cancel(); // it may wait for a connection, or for a retry
    }
    return DONE;
  }

  /** See `ResponseStream.steer`. */
  async steer(input: SteerInput): Promise<Steer> {
    const { opened } = this.#current;
    if (!opened || this.#isOver) throw notActive(input);
    return opened.stream.steer(input);
  }

  /** See `ResponseStream.interrupt`; between two attempts, and where one breaks meanwhile, the answer ends with what there is of it. */
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

  /** Who asks ahead gets his event after those before him. */
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

  /** A damaged event may be the network's fault; on the next try as well it is the server's, and asking for it a third time helps nobody. */
  #sameAgain(error: unknown): unknown {
    if (!CodexApiError.is(error) || error.kind !== "stream" || error.code !== DAMAGED_EVENT) return error;
    if (this.#hasSeenDamage)
      return new ProtocolError(`${error.message}; it was the same when it was asked for again`, { cause: error });
    this.#hasSeenDamage = true;
    return error;
  }

  /** The stream of the current attempt, which begins with the first who asks. */
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
      // Before the caller sees it: what he sends in answer may go on from here.
      current.answered(event.responseId);
      this.#tally(event.tokenUsage);
      this.#end();
    }
  }

  /** What there is of it when it breaks after an interruption, or before it was asked for. */
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
    onAnswer(turnCache(usage, isSuccessor ? undefined : attempt?.whole)); // a successor was not asked for: one request, one reason
    call.part.observer.answered({ cache: turnCache(usage, attempt?.whole) });
  }

  /** Of a call that ends with an error: an answer that stopped early can be gone on from. */
  #failed(error: unknown): unknown {
    if (!CodexApiError.is(error)) return error;
    if (error.kind === "incomplete") {
      this.#current.answered(error.partial?.responseId);
      this.#tally(error.partial?.tokenUsage);
    }
    this.received.ended(error.partial ?? {});
    return withPartial(error, this.received.partial());
  }

  /** Prepares the next attempt, and tells what became of what was yielded. Throws the error if there is no next attempt. */
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

  /** `retry` is 0 for a dead idle connection that is replaced: it costs none. */
  #announce(reason: unknown, retry: number, delayMs: number): void {
    const { maxStreamRetries: maxRetries } = this.#options.limits;
    announceRetry(this.#options.call.part.observer, { retry, maxRetries, delayMs, reason, layer: "stream" });
  }

  /** Nobody reads on. A response that the service ends for that is gone on from by the next call, which waits for its end. */
  readonly #leaveAttempt = (): void => {
    const aftermath = this.#current.opened?.stream.aftermath;
    if (aftermath) void aftermath.then((left) => this.#endLeft(left));
    else this.#end();
  };

  #endLeft(left: LeftResponse | undefined): void {
    // Items that were finished and never read are in no history of the caller's: from those nothing goes on.
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
    `the stream broke behind the finished answer, before the event that ends it (${message}); it was not asked for again, since that would make, and cost, a second answer: \`partial\` has this one, most likely whole`,
    { code: END_UNCONFIRMED, cause: error },
  );
}
