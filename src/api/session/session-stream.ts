import { systemClock } from "../../client/clock.ts";
import { CodexApiError } from "../../client/errors.ts";
import type { Logger } from "../../client/log.ts";
import { notify, type Telemetry } from "../../client/telemetry.ts";
import type { ProviderLimits } from "../provider.ts";
import type { ResponseEvent, RestartedEvent } from "../responses/events.ts";
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
  readonly telemetry: Telemetry | undefined;
  readonly logger: Logger;
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

/** The events of one call, over as many streams as it takes. Nothing is read ahead: an event is fetched when it is asked for. */
export class SessionStream implements EventIterator {
  readonly #options: SessionStreamOptions;
  readonly #kept: ResponseItem[] = [];
  #attempt: Attempt | undefined;
  #source: AsyncIterator<ResponseEvent, undefined> | undefined;
  #retries = 0;
  /** The wait before the next attempt. */
  #delayMs = 0;
  /** Items that the current attempt has finished. */
  #finished: ResponseItem[] = [];
  /** Something of the current attempt would come twice. */
  #hasYielded = false;
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
        const stream = await this.#open();
        this.#source = stream[Symbol.asyncIterator]();
        return stream;
      } catch (error) {
        this.#recover(error);
      }
    }
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
      await this.#source?.return?.();
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
          this.#source ??= (await this.#open())[Symbol.asyncIterator]();
          const step = await this.#source.next();
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

  async #open(): Promise<ResponseStream> {
    const { carriers, call } = this.#options;
    if (this.#delayMs > 0) await systemClock.sleep(this.#delayMs, call.signal);
    this.#attempt = carriers.attempt(call, this.#kept);
    return this.#attempt.open();
  }

  #note(event: ResponseEvent): void {
    this.#hasYielded ||= !MAY_REPEAT.has(event.type);
    if (event.type === "output_item.done") {
      this.#finished.push(event.item);
    } else if (event.type === "completed") {
      // Before the caller sees it: what he sends in answer may go on from here.
      this.#attempt?.completed(event.responseId, this.#finished);
      this.#end();
    }
  }

  /** Prepares the next attempt, and tells what became of what was yielded. Throws the error if there is no next attempt. */
  #recover(error: unknown): RestartedEvent | undefined {
    const { carriers, limits } = this.#options;
    const attempt = this.#attempt;
    const recovery = recoveryFrom(
      {
        error,
        carrier: attempt?.carrier ?? carriers.transport,
        isOpening: attempt?.isOpening ?? false,
        wasIdle: (attempt?.wasIdle ?? false) && !this.#hasYielded,
        retries: this.#retries,
        mayFallBack: carriers.mayFallBack,
      },
      limits,
    );
    if (recovery.action === "give_up") {
      this.#end();
      throw error;
    }
    this.#delayMs = recovery.action === "retry" ? recovery.delayMs : 0;
    if (recovery.action === "fall_back") {
      this.#retries = 0;
      carriers.fallBack(error);
      return this.#restart(error, 0);
    }
    if (recovery.action === "retry") this.#retries += 1;
    const retry = recovery.action === "retry" ? this.#retries : 0;
    this.#announce(error, retry);
    return this.#restart(error, retry);
  }

  #restart(error: unknown, retry: number): RestartedEvent | undefined {
    this.#kept.push(...this.#finished.slice(0, keptItemCount(this.#finished)));
    const hasYielded = this.#hasYielded;
    this.#source = undefined;
    this.#finished = [];
    this.#hasYielded = false;
    if (!hasYielded) return undefined;
    const reason = CodexApiError.is(error) ? error.kind : "stream";
    return { type: "restarted", retry, delayMs: this.#delayMs, reason, keptItems: this.#kept.length };
  }

  /** `retry` is 0 for a dead idle connection that is replaced: it costs none. */
  #announce(reason: unknown, retry: number): void {
    const { limits, telemetry, logger } = this.#options;
    const delayMs = this.#delayMs;
    const kind = CodexApiError.is(reason) ? reason.kind : undefined;
    logger.info({ reason: kind, retry, delayMs: Math.round(delayMs) }, "the stream broke; a new one is opened");
    notify(telemetry, "onRetry", { retry, maxRetries: limits.maxStreamRetries, delayMs, reason, layer: "stream" });
  }

  readonly #end = (): void => {
    if (this.#isOver) return;
    this.#isOver = true;
    const { call, onEnd } = this.#options;
    call.signal.removeEventListener("abort", this.#end);
    onEnd();
  };
}
