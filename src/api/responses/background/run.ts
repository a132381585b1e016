import { AbortedError, ProtocolError, StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import { announceRetry } from "../../../client/observe/telemetry.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import { isTriedAgain, retryDelayMs } from "../../../client/retry/policy.ts";
import type { HttpStreamResponse } from "../../../client/transport.ts";
import { IdleTimer } from "../../../client/waiting/idle-timer.ts";
import { mapErrorEvent } from "../../refusal/event.ts";
import { CancelledError, CodexApiError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import { isJsonObject, type JsonObject, parseObject } from "../../wire/json.ts";
import type { Carrier } from "../ending.ts";
import { type EventReceiver, readEventsInto } from "../event-stream.ts";
import type { ResumedEvent } from "../events/types.ts";
import { type ResponsesOptions, type StreamOptions, streamOptionsOf } from "../options.ts";
import { cancelStored, retrieveStored } from "../stored/calls.ts";
import { isRunning, type StoredResponse } from "../stored/response.ts";
import { type ConnectionOwner, StreamConnection } from "./connection.ts";
import { MarkedFlow } from "./marked-flow.ts";
import { advanceOf, type ResponsePosition } from "./position.ts";
import { endOf, restOf } from "./rest.ts";
import { openStoredStream, refusesToStream, type StoredSource } from "./source.ts";

/** What a run is told at its beginning. */
export interface RunOptions {
  readonly source: StoredSource;
  readonly reading: StreamOptions & Pick<ResponsesOptions, "signal" | "turnState" | "cancelOnLeave">;
  /** Of the first answer. */
  readonly headers: HeaderMap;
  /** Of one that is taken up; of a new one the first event tells it. */
  readonly responseId?: string | undefined;
  readonly from?: Partial<ResponsePosition> | undefined;
}

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;

/**
 * One response in the background, over as many connections as it takes: a flow whose carrier breaks and comes again. Events are told apart by their
 * `sequence_number`; where the service does not stream the response any more it is asked for until it is done, and what no event has brought comes
 * from the final response.
 */
export class BackgroundRun implements Carrier, ConnectionOwner {
  readonly kind = "sse";
  readonly flow: MarkedFlow;
  readonly #options: RunOptions;
  readonly #idle: IdleTimer;
  /** Ends what is waited for. */
  readonly #over = new AbortController();
  #responseId: string | undefined;
  #connection: StreamConnection | undefined;
  #blank: (text: string) => string = (text) => text;
  #hasOpened = false;
  #isPaused = false;
  #hasMoved = false;
  /** Spent since the last event. */
  #retries = 0;
  /** The last connection brought nothing. */
  #isFruitless = false;
  /** The service said that the response still runs, after the last event. */
  #isAlive = false;
  #polls = false;
  /** A number before which others never came, on two connections. */
  #gapBefore: number | undefined;

  constructor(options: RunOptions) {
    const { source, reading } = options;
    const { limits } = source.service;
    this.#options = options;
    this.#responseId = options.responseId;
    const { telemetry, logger } = source.part.observer;
    const { turnState, signal } = reading;
    const blank = (text: string): string => this.#blank(text);
    const { headers } = options;
    const ofFlow = { ...streamOptionsOf(reading), headers, turnState, telemetry, logger, blank };
    // A silent connection is no end here, nor is the caller's signal one that tells nothing of what becomes of the response.
    this.flow = new MarkedFlow(this, { ...ofFlow, idleTimeoutMs: 0 }, options.from ?? {});
    this.#idle = new IdleTimer(limits.streamIdleTimeoutMs, () => {
      const { timeoutMs } = this.#idle;
      this.#connection?.fail(new TimeoutError("idle timeout waiting for SSE", { phase: "idle", timeoutMs }));
    });
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get responseId(): string | undefined {
    return this.#responseId;
  }

  get isOver(): boolean {
    return this.flow.isOver;
  }

  /** Reads an answer that streams. */
  read(response: Answer<HttpStreamResponse>): void {
    this.#blank = response.blank;
    if (this.isOver) {
      response.body.cancel();
      return;
    }
    const { service, part } = this.#options.source;
    const { livenessTimeoutMs } = service.limits;
    const { telemetry, logger } = part.observer;
    const { turnState } = this.#options.reading;
    readEventsInto(response, { livenessTimeoutMs, turnState, telemetry, logger }, (body) => {
      this.#connection = new StreamConnection(this, body);
      return this.#connection;
    });
    if (this.#isPaused) this.#connection?.body.pause();
  }

  /** Goes on by asking, where the service does not stream: what it said last, and when it is to be asked again. */
  poll(last: StoredResponse): void {
    this.#polls = true;
    if (isRunning(last)) void this.#untilDone().catch((error: unknown) => this.#recover(error));
    else this.#deliver(last);
  }

  /** The reader has left, or somebody has closed the stream: resolves when a response that should be cancelled is. */
  async left(): Promise<void> {
    const { reading, source } = this.#options;
    if (!reading.cancelOnLeave) return;
    const { logger } = source.part.observer;
    const id = this.#responseId;
    if (id === undefined) {
      logger.warn({}, "a background response was left before it told its id: it cannot be cancelled");
      return;
    }
    try {
      await cancelStored(source.service, id, { headers: source.headers });
    } catch (error) {
      const reason = CodexApiError.is(error) ? error.kind : "unknown";
      logger.warn({ responseId: id, reason }, "a background response that was left could not be cancelled");
    }
  }

  // What connections bring

  opened(preliminary: Parameters<EventReceiver["open"]>[0]): void {
    if (!this.#hasOpened) this.flow.open(preliminary); // the same comes with every connection
    this.#hasOpened = true;
  }

  expectEvents(): void {
    if (!this.#isPaused) this.#idle.start();
  }

  take(raw: RawData, isUnfinished: boolean): boolean {
    const text = decodeRawData(raw);
    const event = parseObject(text);
    if (event === undefined) {
      if (!isUnfinished) this.flow.read(raw);
      return false;
    }
    const advance = advanceOf(event);
    const { number } = advance;
    const { after } = this.flow.arrived;
    if (number !== undefined && after !== undefined) {
      if (number <= after) return false;
      if (number > after + 1 && this.#gapBefore !== number) {
        this.#gapBefore = number;
        this.#connection?.fail(missing(after + 1, number - 1));
        return false;
      }
    }
    this.#responseId ??= responseIdIn(event);
    const passing = this.#passingError(event, text);
    if (passing) {
      this.#connection?.fail(passing);
      return false;
    }
    if (isUnfinished) this.flow.readUnfinished(text);
    else this.flow.advance(raw, advance);
    this.#hasMoved = true;
    if (number === undefined) return false;
    this.#retries = 0;
    this.#isAlive = false;
    return true;
  }

  took(size: number): void {
    if (this.#hasMoved) this.#idle.touch();
    this.#hasMoved = false;
    this.flow.took(size);
  }

  broke(error: unknown): void {
    this.#idle.stop();
    this.#isFruitless = this.#connection?.hasBrought === false;
    this.#connection = undefined;
    // The signal ends the connection too, which may come first and does not know what becomes of the response.
    if (this.#options.reading.signal?.aborted) this.#onAbort();
    else void this.#recover(error);
  }

  // What the flow asks for

  pause(): void {
    this.#isPaused = true;
    this.#idle.stop();
    this.#connection?.body.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#connection) return;
    this.#idle.start();
    this.#connection.body.resume();
  }

  complete(): void {
    this.#connection?.body.complete();
    this.#end();
  }

  cancel(): void {
    this.#connection?.body.cancel();
    this.#end();
  }

  #end(): void {
    this.#connection = undefined;
    this.#idle.stop();
    this.#options.reading.signal?.removeEventListener("abort", this.#onAbort);
    this.#over.abort();
  }

  readonly #onAbort = (): void => {
    if (this.isOver) return;
    const { signal, cancelOnLeave } = this.#options.reading;
    const id = this.#responseId;
    const outcome =
      id === undefined
        ? "whether the response goes on in the background is not known, since it had not told its id"
        : cancelOnLeave
          ? `response ${id} is cancelled`
          : `response ${id} goes on in the background: resume takes it up, cancel ends it`;
    this.flow.fail(new AbortedError(signal?.reason, outcome));
    void this.left();
  };

  /** An error of the stream rather than of the response: `error`, where it may pass. Whether the response has failed shows when it is asked for. */
  #passingError(event: JsonObject, text: string): unknown {
    if (event.type !== "error" || this.#responseId === undefined) return undefined;
    const blanked = this.#blank(text);
    const error = mapErrorEvent(parseObject(blanked) ?? event, blanked);
    return error.outlook === "again" ? error : undefined;
  }

  /** Goes on after `reason`, or ends the flow with what makes that impossible. Never rejects. */
  async #recover(reason: unknown): Promise<void> {
    const { clock } = this.#options.source.service.line.timing;
    try {
      for (let failure = reason; !this.isOver; ) {
        const told = this.#announced(failure);
        await clock.sleep(told.delayMs, this.#over.signal);
        try {
          return await this.#goOn(told);
        } catch (error) {
          failure = error;
        }
      }
    } catch (error) {
      this.flow.fail(error);
    }
  }

  /** One more try after `failure`, told to everybody. @throws `failure`, if there is none. */
  #announced(failure: unknown): Omit<ResumedEvent, "by"> {
    const { service, part } = this.#options.source;
    const { limits, line } = service;
    const maxRetries = limits.maxStreamRetries;
    const at = { carrier: "http", step: "stream", layer: "stream", attempt: this.#retries } as const;
    if (this.#responseId === undefined || !isTriedAgain(limits.retry, failure, at)) throw failure;
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

  async #goOn(told: Omit<ResumedEvent, "by">): Promise<void> {
    // Without numbers nothing tells which events are known.
    if (this.flow.arrived.after === undefined) this.#polls = true;
    if (!this.#polls && this.#isFruitless && (await this.#isDone())) return;
    if (!this.#polls && (await this.#streamsAgain(told))) return;
    this.#resumed({ ...told, by: "polling" });
    await this.#untilDone();
  }

  /** Told at once: what comes next may be long in coming. */
  #resumed(event: ResumedEvent): void {
    this.flow.event(event);
    this.flow.events.flush();
  }

  /** @returns False where the service does not stream it any more. */
  async #streamsAgain(told: Omit<ResumedEvent, "by">): Promise<boolean> {
    const { after } = this.flow.arrived;
    try {
      const response = await openStoredStream(this.#options.source, this.#known, after, this.#over.signal);
      if (!this.isOver) this.#resumed({ ...told, by: "stream" });
      this.read(response);
      return true;
    } catch (error) {
      if (!refusesToStream(error)) throw error;
      this.#polls = true;
      return false;
    }
  }

  async #untilDone(): Promise<void> {
    const { clock } = this.#options.source.service.line.timing;
    for (let delayMs = FIRST_POLL_MS; !(await this.#isDone()); delayMs = Math.min(delayMs * 1.5, LONGEST_POLL_MS)) {
      this.#retries = 0;
      await clock.sleep(delayMs, this.#over.signal);
    }
  }

  /** Asks how the response stands, and delivers one that is over. */
  async #isDone(): Promise<boolean> {
    const { service, headers, part, traceContext } = this.#options.source;
    const call = { headers, part, traceContext, signal: this.#over.signal };
    const { response, answer } = await retrieveStored(service, this.#known, call);
    this.#blank = answer.blank;
    if (isRunning(response)) {
      this.#isAlive = true;
      return false;
    }
    this.#deliver(response);
    return true;
  }

  #deliver(response: StoredResponse): void {
    if (this.isOver) return;
    const end = endOf(response);
    for (const event of [...restOf(response, this.flow.arrived), ...(end ? [end] : [])]) {
      this.flow.advance(Buffer.from(JSON.stringify(event)), advanceOf(event));
    }
    this.flow.took(0);
    if (this.isOver) return;
    const { responseId, status } = response;
    this.flow.fail(
      end === undefined
        ? new CancelledError(responseId)
        : new ProtocolError(`response ${responseId} is over with a status that is not known: ${status}`),
    );
  }

  get #known(): string {
    if (this.#responseId === undefined) throw new StreamError("the response had not told its id");
    return this.#responseId;
  }
}

function missing(first: number, last: number): StreamError {
  const which = first === last ? `event ${first}` : `events ${first} to ${last}`;
  return new StreamError(`${which} of the response did not come`);
}

function responseIdIn({ response }: JsonObject): string | undefined {
  const id = isJsonObject(response) ? response.id : undefined;
  return typeof id === "string" && id !== "" ? id : undefined;
}
