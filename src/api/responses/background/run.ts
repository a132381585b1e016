import { AbortedError, ProtocolError, StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import type { Blank } from "../../../client/observe/redact.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import type { HttpStreamResponse } from "../../../client/transport.ts";
import { IdleTimer } from "../../../client/waiting/idle-timer.ts";
import { CancelledError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import { idIn, type JsonObject } from "../../wire/json.ts";
import type { Carrier } from "../ending.ts";
import { type EventReceiver, readEventsInto } from "../event-stream.ts";
import { damaged, parseEvent, parseWireEvent } from "../events/parse.ts";
import { decodeWireEvent, isErrorEvent } from "../events/registry.ts";
import type { ResumedEvent } from "../events/types.ts";
import { type ResponsesOptions, type StreamOptions, streamOptionsOf } from "../options.ts";
import { isRunning, type StoredResponse } from "../stored/response.ts";
import { type ConnectionOwner, StreamConnection } from "./connection.ts";
import { cancelLeft, fateOf } from "./leaving.ts";
import { MarkedFlow } from "./marked-flow.ts";
import { advanceOf, type ResponsePosition } from "./position.ts";
import { endOf, restOf } from "./rest.ts";
import { type ResumedRun, Resumption } from "./resumption.ts";
import { refusesToStream, type StoredSource } from "./source.ts";

/** What a run needs to start. */
export interface RunOptions {
  readonly source: StoredSource;
  readonly reading: StreamOptions & Pick<ResponsesOptions, "signal" | "turnState" | "cancelOnLeave">;
  /** Headers of the first answer. */
  readonly headers: HeaderMap;
  /** The id of a resumed response. A new response reports its id in the first event. */
  readonly responseId?: string | undefined;
  readonly from?: Partial<ResponsePosition> | undefined;
}

/**
 * One background response, over as many connections as it takes. Events are told apart by their `sequence_number`. If the service no longer
 * streams the response, its state is polled until it is finished, and whatever no event has brought is taken from the final response.
 */
export class BackgroundRun implements Carrier, ConnectionOwner, ResumedRun {
  readonly kind = "http";
  readonly flow: MarkedFlow;
  readonly #options: RunOptions;
  readonly #idle: IdleTimer;
  readonly #resumption: Resumption;
  #responseId: string | undefined;
  #connection: StreamConnection | undefined;
  #blank: Blank = (text) => text;
  #hasOpened = false;
  #isPaused = false;
  #hasMoved = false;
  /** The sequence number in front of which events were missing, on two connections. */
  #gapBefore: number | undefined;

  constructor(options: RunOptions) {
    const { source, reading } = options;
    const { limits } = source.service;
    this.#options = options;
    this.#responseId = options.responseId;
    this.#resumption = new Resumption(source, this);
    const { telemetry, logger } = source.scope.observer;
    const { turnState, signal } = reading;
    const blank: Blank = (text) => this.#blank(text);
    const { headers } = options;
    const ofFlow = { ...streamOptionsOf(reading), headers, turnState, telemetry, logger, blank };
    // A silent connection does not end the response. The caller's signal does, but it does not say what becomes of the response.
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
    const { service, scope } = this.#options.source;
    const { livenessTimeoutMs } = service.limits;
    const { telemetry, logger } = scope.observer;
    const { turnState } = this.#options.reading;
    readEventsInto(response, { livenessTimeoutMs, turnState, telemetry, logger }, (body) => {
      this.#connection = new StreamConnection(this, body);
      return this.#connection;
    });
    if (this.#isPaused) this.#connection?.body.pause();
  }

  /** Continues by polling, because the service does not stream; `last` is its last answer. */
  poll(last: StoredResponse, blank: Blank): void {
    if (isRunning(last)) this.#resumption.poll();
    else this.deliver(last, blank);
  }

  /** The reader has left or the stream was closed. Resolves once the response is cancelled, if it should be. */
  async left(): Promise<void> {
    const { reading, source } = this.#options;
    if (reading.cancelOnLeave) await cancelLeft(source, this.#responseId);
  }

  // Called by connections

  opened(preliminary: Parameters<EventReceiver["open"]>[0]): void {
    if (!this.#hasOpened) this.flow.open(preliminary); // every connection repeats them
    this.#hasOpened = true;
  }

  expectEvents(): void {
    if (!this.#isPaused) this.#idle.start();
  }

  take(raw: RawData, isUnfinished: boolean): boolean {
    const text = decodeRawData(raw);
    const event = parseEvent(text);
    if (event === "damaged" && !isUnfinished) {
      this.#connection?.fail(damaged(text)); // it may come whole when the stream is resumed
      return false;
    }
    if (typeof event === "string") {
      if (!isUnfinished) this.flow.read(raw);
      return false;
    }
    const advance = advanceOf(event);
    const { number } = advance;
    const after = this.lastNumber;
    if (number !== undefined && after !== undefined) {
      if (number <= after) return false;
      if (number > after + 1 && this.#gapBefore !== number) {
        this.#gapBefore = number;
        this.#connection?.fail(missing(after + 1, number - 1));
        return false;
      }
    }
    this.#responseId ??= idIn(event.response);
    const passing = this.#passingError(event, text);
    if (passing) {
      this.#connection?.fail(passing);
      return false;
    }
    if (isUnfinished) {
      this.flow.readUnfinished(text); // reads only the event that ends the response: all others arrive again with the next connection
      return false;
    }
    this.flow.advance(raw, advance);
    this.#hasMoved = true;
    if (number === undefined) return false;
    this.#resumption.moved();
    return true;
  }

  took(size: number): void {
    if (this.#hasMoved) this.#idle.touch();
    this.#hasMoved = false;
    this.flow.took(size);
  }

  broke(error: unknown): void {
    this.#idle.stop();
    const isFruitless = this.#connection?.hasBrought === false;
    this.#connection = undefined;
    // The signal also ends the connection. That error may come first, and does not say what becomes of the response.
    if (this.#options.reading.signal?.aborted) this.#onAbort();
    else void this.#resumption.recover(error, { isFruitless });
  }

  // Called by the resumption

  get lastNumber(): number | undefined {
    return this.flow.arrived.after;
  }

  resumed(event: ResumedEvent): void {
    this.flow.event(event);
    this.flow.events.flush();
  }

  fail(error: unknown): void {
    this.flow.fail(error);
  }

  deliver(response: StoredResponse, blank: Blank): void {
    if (this.isOver) return;
    this.#blank = blank;
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
        : new ProtocolError(`response ${responseId} ended with an unknown status: ${status}`),
    );
  }

  // Called by the flow

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
    this.#resumption.end();
  }

  readonly #onAbort = (): void => {
    if (this.isOver) return;
    const { signal, cancelOnLeave } = this.#options.reading;
    this.flow.fail(new AbortedError(signal?.reason, fateOf(this.#responseId, cancelOnLeave)));
    void this.left();
  };

  /**
   * An `error` event, or a gateway's error in its own form, that is about the stream and may not be final. Whether the response itself has
   * failed shows when its state is requested.
   */
  #passingError(event: JsonObject, text: string): unknown {
    if (this.#responseId === undefined || !isErrorEvent(event)) return undefined;
    const blanked = this.#blank(text);
    const decoded = decodeWireEvent(parseWireEvent(blanked) ?? event, blanked);
    if (decoded.type !== "end" || decoded.outcome.type !== "failed") return undefined;
    const { error } = decoded.outcome;
    const isAboutStreaming = this.#connection?.hasBrought === false && refusesToStream(error);
    return error.outlook === "again" || isAboutStreaming ? error : undefined;
  }
}

function missing(first: number, last: number): StreamError {
  const which = first === last ? `event ${first}` : `events ${first} to ${last}`;
  return new StreamError(`${which} of the response did not come`);
}
