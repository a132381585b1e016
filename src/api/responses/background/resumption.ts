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

/** What is resumed: a response that the service is still generating, or has finished. */
export interface ResumedRun {
  readonly isOver: boolean;
  /** Undefined until an event has brought it. */
  readonly responseId: string | undefined;
  /** Number of the last event; undefined if no event had one. */
  readonly lastNumber: number | undefined;
  /** Reads an answer that streams. */
  read(response: Answer<HttpStreamResponse>): void;
  /** Takes a finished response, and ends with it. */
  deliver(response: StoredResponse, blank: Blank): void;
  /** Tells the reader at once, because the next event may take long. */
  resumed(event: ResumedEvent): void;
  fail(error: unknown): void;
}

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;

/**
 * How a background response continues after its connection broke. Its stream is resumed after the last event, as often as the policy allows
 * between two events. If the service no longer streams it, its state is polled until it is finished.
 */
export class Resumption {
  readonly #source: StoredSource;
  readonly #run: ResumedRun;
  /** Ends all pending waits. */
  readonly #over = new AbortController();
  /** Retries since the last event. */
  #retries = 0;
  /** The service confirmed, after the last event, that the response is still running. */
  #isAlive = false;
  #polls = false;

  constructor(source: StoredSource, run: ResumedRun) {
    this.#source = source;
    this.#run = run;
  }

  /** A new event came. */
  moved(): void {
    this.#retries = 0;
    this.#isAlive = false;
  }

  /** Stops all waits. */
  end(): void {
    this.#over.abort();
  }

  /** Polls until the response is finished. */
  poll(): void {
    this.#polls = true;
    void this.#untilDone().catch((error: unknown) => this.recover(error));
  }

  /**
   * Continues after `reason`, or ends the run with the error that prevents it. Never rejects.
   *
   * @param last - `isFruitless`: the connection that broke had brought nothing new.
   */
  async recover(reason: unknown, { isFruitless = false }: { readonly isFruitless?: boolean } = {}): Promise<void> {
    const { clock } = this.#source.service.line.timing;
    if (isFruitless && this.#run.responseId !== undefined && refusesToStream(reason)) {
      this.poll(); // the refusal came as the first event of the stream
      return;
    }
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

  /** Announces one more attempt after `failure`. @throws `failure`, if there are no retries left. */
  #announced(failure: unknown): Omit<ResumedEvent, "by"> {
    const { service, scope } = this.#source;
    const { limits, line } = service;
    const maxRetries = limits.maxStreamRetries;
    const at = { carrier: "http", step: "stream", layer: "stream", attempt: this.#retries } as const;
    if (this.#run.responseId === undefined || !isTriedAgain(limits.retry, failure, at)) throw failure;
    if (this.#retries >= maxRetries) {
      // The stream keeps breaking while the response runs: poll its state instead.
      if (maxRetries === 0 || !this.#isAlive || this.#polls) throw failure;
      this.#polls = true;
      this.#retries = 0;
    }
    this.#retries += 1;
    const retry = this.#retries;
    const delayMs = retryDelayMs(limits.retry, failure, retry, line.timing.random);
    announceRetry(scope.observer, { retry, maxRetries, delayMs, reason: failure, layer: "resume" });
    return { type: "resumed", retry, delayMs, reason: CodexApiError.is(failure) ? failure.kind : "stream" };
  }

  async #goOn(told: Omit<ResumedEvent, "by">, isFruitless: boolean): Promise<void> {
    // Without sequence numbers it is unknown which events were delivered.
    if (this.#run.lastNumber === undefined) this.#polls = true;
    if (!this.#polls && isFruitless && (await this.#isDone())) return;
    if (!this.#polls && (await this.#streamsAgain(told))) return;
    this.#run.resumed({ ...told, by: "polling" });
    await this.#untilDone();
  }

  /** @returns False if the service no longer streams the response. */
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

  /** Asks for the state of the response, and delivers it if it is finished. */
  async #isDone(): Promise<boolean> {
    const { service, headers, scope, traceContext } = this.#source;
    const call = { headers, scope, traceContext, signal: this.#over.signal };
    const { response, answer } = await retrieveStored(service, this.#id, call);
    if (isRunning(response)) {
      this.#isAlive = true;
      return false;
    }
    this.#run.deliver(response, answer.blank);
    return true;
  }

  get #id(): string {
    if (this.#run.responseId === undefined) throw new StreamError("the response ended before its id arrived");
    return this.#run.responseId;
  }
}
