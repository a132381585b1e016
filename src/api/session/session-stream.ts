import type { Timing } from "../../client/failure/policy.ts";
import { announceRetry } from "../../client/telemetry.ts";
import type { ProviderLimits } from "../provider.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponsePosition } from "../responses/background/position.ts";
import type { ResponseEvent, RestartedEvent } from "../responses/events.ts";
import { Received } from "../responses/received.ts";
import type { EventIterator, ResponseStream } from "../responses/stream.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { Attempt } from "./attempt.ts";
import type { Call, Carriers } from "./carriers.ts";
import { keptItemCount } from "./kept-items.ts";
import { recoveryFrom } from "./recovery.ts";

export interface SessionStreamOptions {
  readonly carriers: Carriers;
  readonly call: Call;
  readonly limits: ProviderLimits;
  readonly timing: Timing;
  /** Called once, when the call is over, however it ended. */
  readonly onEnd: () => void;
  /** Fires the call's signal, which ends it. */
  readonly cancel: () => void;
}

type Step = IteratorResult<ResponseEvent, undefined>;

const DONE: Step = { done: true, value: undefined };

/** About the connection rather than the answer: it may come again without a word. */
const MAY_REPEAT: ReadonlySet<ResponseEvent["type"]> = new Set([
  "server_model",
  "rate_limits",
  "models_etag",
  "server_reasoning_included",
]);

interface Opened {
  readonly stream: ResponseStream;
  readonly events: AsyncIterator<ResponseEvent, undefined>;
}

/** One attempt, from the wait before it to what came of it. The next one gets an object of its own. */
interface Current {
  /** The wait before it. */
  readonly delayMs: number;
  attempt?: Attempt;
  opened?: Opened;
  /** Items that it has finished. */
  readonly finished: ResponseItem[];
  /** Something of it would come twice. */
  hasYielded: boolean;
}

function waiting(delayMs: number): Current {
  return { delayMs, finished: [], hasYielded: false };
}

/** The events of one call, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is asked for. */
export class SessionStream implements EventIterator {
  readonly received = new Received();
  readonly #options: SessionStreamOptions;
  readonly #kept: ResponseItem[] = [];
  #current = waiting(0);
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

  constructor(options: SessionStreamOptions) {
    this.#options = options;
    // Whatever waits heeds the signal itself; this is for the call that nobody reads on.
    options.call.signal.addEventListener("abort", this.#end, { once: true });
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
    // Who asks ahead gets his event after those before him.
    const step = this.#asked === 0 ? this.#step() : this.#lastStep.then(this.#step, this.#step);
    this.#asked += 1;
    this.#lastStep = step;
    return step;
  }

  async return(): Promise<Step> {
    this.#isDone = true;
    if (!this.#isOver) {
      await this.#current.opened?.events.return?.();
      this.#options.cancel(); // it may wait for a connection, or for a retry
    }
    return DONE;
  }

  async leave(reason: unknown): Promise<void> {
    if (!this.#isOver) this.#leftFor = { reason };
    await this.return();
  }

  readonly #step = async (): Promise<Step> => {
    try {
      while (!this.#isDone) {
        try {
          const opened = this.#current.opened ?? (await this.#opened());
          const step = await opened.events.next();
          if (step.done) break;
          this.#note(step.value);
          return step;
        } catch (error) {
          if (this.#isDone) break; // left meanwhile
          const restarted = this.#recover(error);
          if (restarted) return { done: false, value: restarted };
        }
      }
      this.#isDone = true;
      const leftFor = this.#leftFor;
      this.#leftFor = undefined;
      if (leftFor) throw leftFor.reason;
      return DONE;
    } catch (error) {
      this.#isDone = true;
      throw error;
    } finally {
      this.#asked -= 1;
    }
  };

  /** The stream of the current attempt, which begins with the first who asks. */
  async #opened(): Promise<Opened> {
    const { carriers, call, timing } = this.#options;
    const current = this.#current;
    if (current.opened) return current.opened;
    if (current.delayMs > 0) await timing.clock.sleep(current.delayMs, call.signal);
    current.attempt = carriers.attempt(call, this.#kept);
    const stream = await current.attempt.open();
    current.opened = { stream, events: stream[Symbol.asyncIterator]() };
    return current.opened;
  }

  #note(event: ResponseEvent): void {
    const current = this.#current;
    this.received.note(event);
    current.hasYielded ||= !MAY_REPEAT.has(event.type);
    if (event.type === "output_item.done") {
      current.finished.push(event.item);
    } else if (event.type === "completed" || event.type === "incomplete") {
      // Before the caller sees it: what he sends in answer may go on from here.
      this.#answered(event.responseId);
      this.#end();
    }
  }

  #answered(responseId: string | undefined): void {
    const { attempt, finished } = this.#current;
    if (responseId !== undefined) attempt?.completed(responseId, finished);
  }

  /** Of a call that ends with an error: an answer that stopped early can be gone on from. */
  #failed(error: unknown): unknown {
    if (!CodexApiError.is(error)) return error;
    const { responseId, tokenUsage } = error.partial ?? {};
    if (error.kind === "incomplete") this.#answered(responseId);
    this.received.ended({ responseId, tokenUsage });
    return withPartial(error, this.received.partial());
  }

  /** Prepares the next attempt, and tells what became of what was yielded. Throws the error if there is no next attempt. */
  #recover(error: unknown): RestartedEvent | undefined {
    const { carriers, limits, timing } = this.#options;
    const { attempt, hasYielded } = this.#current;
    const recovery = recoveryFrom(
      {
        error,
        carrier: attempt?.carrier ?? carriers.carrier,
        isOpening: attempt?.isOpening ?? false,
        goesOn: attempt?.goesOn ?? false,
        wasIdle: (attempt?.wasIdle ?? false) && !hasYielded,
        retries: this.#retries,
        mayFallBack: carriers.mayFallBack,
      },
      limits,
      timing,
    );
    switch (recovery.action) {
      case "give_up": {
        const failure = this.#failed(error);
        this.#end();
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
    const { finished, hasYielded } = this.#current;
    this.#kept.push(...finished.slice(0, keptItemCount(finished)));
    this.#current = waiting(delayMs);
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

  readonly #end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    const { call, onEnd } = this.#options;
    call.signal.removeEventListener("abort", this.#end);
    onEnd();
  };
}
