import { AbortedError, TimeoutError } from "../../client/failure/kinds.ts";
import type { RawData, RawText } from "../../client/raw-text.ts";
import { Backlog, type PausableSource } from "../../client/waiting/backlog.ts";
import { IdleTimer } from "../../client/waiting/idle-timer.ts";
import { PushQueue } from "../../client/waiting/push-queue.ts";
import { requestIdOf } from "../headers.ts";
import { type CodexFailure, NotSupportedError } from "../refusal/kinds.ts";
import type { ResponseItem } from "../wire/items.ts";
import { asFailure, type Carrier, Ending } from "./ending.ts";
import type { DeltaRun } from "./events/fast/index.ts";
import { told } from "./events/fields.ts";
import type { OutputItemDoneEvent, ResponseEvent } from "./events/types.ts";
import type { StreamOptions } from "./options.ts";
import { ResponseReader, type ResponseReaderOptions, type ResponseSink } from "./reader.ts";
import { Received, type ResponseEnd } from "./received/received.ts";
import type { LeftResponse, ResponseControl, ResponseSource, Steer, SteerInput } from "./source.ts";

/** Options for watching and reading one response, the same on both carriers. */
export interface FlowOptions extends ResponseReaderOptions, StreamOptions {
  /** Longest wait for an event that advances the response, in milliseconds; 0 for no limit. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes received but not yet read by the caller, before the connection is paused: a whole socket read fits, so that a caller who keeps up never
 * pauses it. A higher limit is not faster, and what is queued survives garbage collections, after which Node keeps a larger heap.
 */
const BACKLOG = 64 * 1024;
/** With this many bytes not yet read by the caller, the next network read is not decoded until they are: events take several times its memory. */
const ENOUGH = 16 * 1024;

const IDLE: Readonly<Record<Carrier["kind"], string>> = {
  http: "idle timeout waiting for SSE",
  websocket: "idle timeout waiting for websocket",
};

/**
 * One response between its carrier and its caller: takes wire events and queues typed events for the caller's loop. It pauses the carrier
 * when too much is queued, and ends the response if nothing advances it for `idleTimeoutMs`. That timer is suspended while it is the caller
 * who does not read.
 */
export class ResponseFlow implements PausableSource, ResponseSource, ResponseSink, ResponseControl {
  readonly events = new PushQueue<ResponseEvent>();
  readonly received: Received;
  readonly control = this;
  readonly #carrier: Carrier;
  readonly #ending: Ending;
  readonly #options: FlowOptions;
  #reader: ResponseReader;
  readonly #progress: IdleTimer;
  readonly #backlog = new Backlog(BACKLOG, this);
  #hasMoved = false;
  /** The service was asked to end the response. */
  #isInterrupted = false;
  /** Set while an end is read that is not the end of the stream, because another response follows: what that end reports. */
  #handsOver: ResponseEnd | undefined;
  /** Number of finished items before the current response. */
  #finished = 0;

  constructor(carrier: Carrier, options: FlowOptions) {
    this.#carrier = carrier;
    this.#options = options;
    this.received = new Received({ keep: options.keep, begunBefore: options.begunBefore });
    this.#reader = new ResponseReader(this, carrier.kind, options);
    const { idleTimeoutMs: timeoutMs } = options;
    this.#progress = new IdleTimer(timeoutMs, () =>
      this.fail(new TimeoutError(IDLE[carrier.kind], { phase: "idle", timeoutMs })),
    );
    this.#ending = new Ending({
      carrier,
      queue: this.events,
      received: this.received,
      signal: options.signal,
      requestId: carrier.kind === "http" ? requestIdOf(options.headers ?? {}) : undefined,
      onOver: () => this.#progress.stop(),
    });
    this.events.backlog = this.#backlog;
  }

  get isOver(): boolean {
    return this.#ending.isOver;
  }

  /** The error that the response failed with, if it did. */
  get failure(): unknown {
    return this.#ending.failure;
  }

  /** Queues the events from the answer's headers, and listens to the caller's signal from now on. */
  open(preliminary: readonly ResponseEvent[]): void {
    for (const event of preliminary) this.event(event);
    this.#ending.watch();
  }

  /** Starts the idle timer: the request has been sent. */
  expectEvents(): void {
    if (!this.isOver && !this.#backlog.isPaused) this.#progress.start();
  }

  /** Bytes that wait for the caller. */
  get backlog(): number {
    return this.#backlog.size;
  }

  // Called by the caller of the response

  async interrupt(): Promise<void> {
    this.#carrier.catchUp?.(); // the answer may be complete
    if (this.isOver) return;
    this.#isInterrupted = true;
    this.#reader.expectInterruption();
    if (this.#carrier.interrupt) await this.#carrier.interrupt();
    else this.endInterrupted();
  }

  /**
   * Ends the response locally: the service cannot be asked, or does not answer. The event has no response id, because the service may end
   * the response otherwise, so no request can continue from it.
   */
  endInterrupted(): void {
    if (this.isOver) return;
    this.event({ type: "incomplete", reason: "interrupted" });
    this.#ending.interrupted();
  }

  get begun(): Promise<void> | undefined {
    return this.#carrier.begun;
  }

  get aftermath(): Promise<LeftResponse | undefined> | undefined {
    return this.#carrier.aftermath;
  }

  steer(input: SteerInput): Promise<Steer> {
    return this.#carrier.steer?.(input) ?? Promise.reject(notSteerable());
  }

  /** Continues with another response, after the current one ended with `end` because of steering. */
  goOn(end: RawData, input: readonly ResponseItem[]): void {
    if (this.isOver) return;
    this.#handsOver = {};
    this.#reader.read(end); // the end may bring items that came in no other event
    const { responseId } = this.received;
    const { tokenUsage } = this.#handsOver;
    this.#handsOver = undefined;
    this.#options.earlier?.next(this.nextNumber);
    this.#reader = new ResponseReader(this, this.#carrier.kind, this.#options); // sequence numbers and output indexes start again
    if (this.#isInterrupted) this.#reader.expectInterruption();
    this.#finished += this.received.finishedItems + input.length;
    this.event({
      type: "steered",
      ...told({ responseId, tokenUsage }),
      input,
      keptItems: this.#finished,
    });
  }

  // Called by the carrier

  /** Pauses the carrier if so much waits for the caller that what has just arrived need not be decoded yet. @returns True if so. */
  pauseIfAhead(): boolean {
    if (this.#backlog.size < ENOUGH) return false;
    this.#backlog.pause();
    return true;
  }

  /** The sequence number that the next event should have; undefined if none had one. */
  get nextNumber(): number | undefined {
    return this.#reader.nextNumber;
  }

  /** Reads one event's JSON text. */
  read(raw: RawData): void {
    if (!this.isOver && this.#reader.read(raw)) this.#hasMoved = true;
  }

  /** Reads messages with one event each, from index `at` on. Returns the index of the first one not read. */
  readMessages(messages: readonly RawData[], at: number): number {
    const next = this.isOver ? at : this.#reader.readMessages(messages, at);
    if (next > at) this.#hasMoved = true;
    else this.read(messages[at] as RawData);
    return Math.max(next, at + 1);
  }

  /**
   * Reads events from an event stream's lines, from `start` on, while the fast path can. Returns where the first event begins that it
   * cannot read.
   */
  readLines(lines: RawText, start: number): number {
    let at = start;
    while (at < lines.length && !this.isOver) {
      const end = this.#reader.readLines(lines, at);
      if (end === at) break;
      at = end;
      this.#hasMoved = true;
    }
    return at;
  }

  /** Counts an event of this response that other code has read, so that it does not seem to be missing. */
  countRead(): void {
    this.#reader.countRead();
  }

  /** Reads an event that the end of the body cut off. */
  readUnfinished(text: string): void {
    if (!this.isOver) this.#reader.readUnfinished(text);
  }

  /** Counts the bytes of one network read, after its events were read. */
  took(size: number): void {
    this.events.flush();
    if (this.isOver) return;
    if (this.#hasMoved) {
      // Once for all events of a network read: reading the clock for each of them is measurable on a long stream.
      this.#hasMoved = false;
      this.#progress.touch();
    }
    if (this.events.length > 0) this.#backlog.add(size);
  }

  fail(cause: unknown): void {
    if (this.isOver) return;
    const error = asFailure(cause);
    if (!(error instanceof AbortedError)) this.#reader.interrupted(error);
    this.#ending.broke(error);
  }

  // Called by the reader

  event(event: ResponseEvent, size?: number): void {
    if (this.#handsOver && (event.type === "completed" || event.type === "incomplete")) {
      this.#handsOver = event;
      return;
    }
    this.received.note(event, size);
    this.events.push(event);
  }

  whole(done: OutputItemDoneEvent): OutputItemDoneEvent {
    return this.received.whole(done);
  }

  deltas(run: DeltaRun): void {
    this.received.piece(run);
    this.events.pushAll(run.events);
  }

  completed(): void {
    if (!this.#handsOver) this.#ending.completed();
  }

  failed(error: CodexFailure, end: ResponseEnd): void {
    if (this.#handsOver) this.#handsOver = end;
    else this.#ending.failed(error, end);
  }

  broke(error: CodexFailure): void {
    this.#ending.broke(error);
  }

  // Called by the backlog

  pause(): void {
    this.#progress.stop();
    this.#carrier.pause();
  }

  resume(): void {
    if (this.isOver) return;
    this.#progress.start();
    this.#carrier.resume();
  }
}

/** The response cannot be steered; nothing was sent. */
function notSteerable(): NotSupportedError {
  return new NotSupportedError(
    "steering needs a WebSocket, and this response comes over HTTP: interrupt() it and send a new request, or use a session with WebSockets",
    { feature: "steering" },
  );
}
