import { StreamError } from "../../../client/failure/kinds.ts";
import type { Blank } from "../../../client/observe/redact.ts";
import { announceRetry } from "../../../client/observe/telemetry.ts";
import { isTriedAgain, retryDelayMs } from "../../../client/retry/policy.ts";
import type { HttpStreamResponse } from "../../../client/transport.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import type { ResumedEvent } from "../events/types.ts";
import { retrieveStored } from "../stored/calls.ts";
import { isRunning, type StoredResponse } from "../stored/response.ts";
import { openStoredStream, refusesToStream, type StoredSource } from "./source.ts";

/** What is to go on: a response that the service still makes, or has made. */
export interface ResumedRun {
  readonly isOver: boolean;
  /** Undefined until an event told it. */
  readonly responseId: string | undefined;
  /** Number of the last event that came; undefined where none had one. */
  readonly lastNumber: number | undefined;
  /** Reads an answer that streams. */
  read(response: Answer<HttpStreamResponse>): void;
  /** Takes a response that is over, and ends with it. */
  deliver(response: StoredResponse, blank: Blank): void;
  /** Tells the reader at once: what comes next may be long in coming. */
  resumed(event: ResumedEvent): void;
  fail(error: unknown): void;
}

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;

/**
 * How a response in the background goes on when its connection broke: its stream is taken up behind the last event, as often as the policy allows
 * between two events; where the service does not stream it any more, it is asked for until it is done.
 */
export class Resumption {
  readonly #source: StoredSource;
  readonly #run: ResumedRun;
  /** Ends what is waited for. */
  readonly #over = new AbortController();
  /** Spent since the last event. */
  #retries = 0;
  /** The service said that the response still runs, after the last event. */
  #isAlive = false;
  #polls = false;

  constructor(source: StoredSource, run: ResumedRun) {
    this.#source = source;
    this.#run = run;
  }

  /** An event came that was not there before. */
  moved(): void {
    this.#retries = 0;
    this.#isAlive = false;
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#over.abort();
  }

  /** Goes on by asking until the response is over. */
  poll(): void {
    this.#polls = true;
    void this.#untilDone().catch((error: unknown) => this.recover(error));
  }

  /**
   * Goes on after `reason`, or ends the run with what makes that impossible. Never rejects.
   *
   * @param last - `isFruitless`: the connection that broke had brought nothing new.
   */
  async recover(reason: unknown, { isFruitless = false }: { readonly isFruitless?: boolean } = {}): Promise<void> {
    const { clock } = this.#source.service.line.timing;
    try {
      for (let failure = reason; !this.#run.isOver; ) {
        const told = this.#announced(failure);
        await clock.sleep(told.delayMs, this.#over.signal);
        try {
          return await this.#goOn(told, isFruitless);
        } catch (error) {
          failure = error;
        }
      }
    } catch (error) {
      this.#run.fail(error);
    }
  }

  /** One more try after `failure`, told to everybody. @throws `failure`, if there is none. */
  #announced(failure: unknown): Omit<ResumedEvent, "by"> {
    const { service, part } = this.#source;
    const { limits, line } = service;
    const maxRetries = limits.maxStreamRetries;
    const at = { carrier: "http", step: "stream", layer: "stream", attempt: this.#retries } as const;
    if (this.#run.responseId === undefined || !isTriedAgain(limits.retry, failure, at)) throw failure;
    if (this.#retries >= maxRetries) {
      // Streams do not hold, and yet the response runs: it can still be asked for.
      if (maxRetries === 0 || !this.#isAlive || this.#polls) throw failure;
      this.#polls = true;
      this.#retries = 0;
    }
    this.#retries += 1;
    const retry = this.#retries;
    const delayMs = retryDelayMs(limits.retry, failure, retry, line.timing.random);
    announceRetry(part.observer, { retry, maxRetries, delayMs, reason: failure, layer: "resume" });
    return { type: "resumed", retry, delayMs, reason: CodexApiError.is(failure) ? failure.kind : "stream" };
  }

  async #goOn(told: Omit<ResumedEvent, "by">, isFruitless: boolean): Promise<void> {
    // Without numbers nothing tells which events are known.
    if (this.#run.lastNumber === undefined) this.#polls = true;
    if (!this.#polls && isFruitless && (await this.#isDone())) return;
    if (!this.#polls && (await this.#streamsAgain(told))) return;
    this.#run.resumed({ ...told, by: "polling" });
    await this.#untilDone();
  }

  /** @returns False where the service does not stream it any more. */
  async #streamsAgain(told: Omit<ResumedEvent, "by">): Promise<boolean> {
    try {
      const response = await openStoredStream(this.#source, this.#id, this.#run.lastNumber, this.#over.signal);
      if (!this.#run.isOver) this.#run.resumed({ ...told, by: "stream" });
      this.#run.read(response);
      return true;
    } catch (error) {
      if (!refusesToStream(error)) throw error;
      this.#polls = true;
      return false;
    }
  }

  async #untilDone(): Promise<void> {
    const { clock } = this.#source.service.line.timing;
    for (let delayMs = FIRST_POLL_MS; !(await this.#isDone()); delayMs = Math.min(delayMs * 1.5, LONGEST_POLL_MS)) {
      this.#retries = 0;
      await clock.sleep(delayMs, this.#over.signal);
    }
  }

  /** Asks how the response stands, and delivers one that is over. */
  async #isDone(): Promise<boolean> {
    const { service, headers, part, traceContext } = this.#source;
    const call = { headers, part, traceContext, signal: this.#over.signal };
    const { response, answer } = await retrieveStored(service, this.#id, call);
    if (isRunning(response)) {
      this.#isAlive = true;
      return false;
    }
    this.#run.deliver(response, answer.blank);
    return true;
  }

  get #id(): string {
    if (this.#run.responseId === undefined) throw new StreamError("the response had not told its id");
    return this.#run.responseId;
  }
}
