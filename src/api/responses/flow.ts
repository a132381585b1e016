import { AbortedError, TimeoutError } from "../../client/failure/kinds.ts";
import type { RawData, RawText } from "../../client/raw-text.ts";
import { Backlog, type PausableSource } from "../../client/waiting/backlog.ts";
import { IdleTimer } from "../../client/waiting/idle-timer.ts";
import { PushQueue } from "../../client/waiting/push-queue.ts";
import { type CodexFailure, NotSupportedError } from "../refusal/kinds.ts";
import type { ResponseItem } from "../wire/items.ts";
import { type Carrier, Ending, unreadable } from "./ending.ts";
import type { DeltaEvent } from "./events/fast/index.ts";
import { told } from "./events/fields.ts";
import type { ResponseEvent } from "./events/types.ts";
import { ResponseReader, type ResponseReaderOptions, type ResponseSink } from "./reader.ts";
import { Received, type ResponseEnd } from "./received/received.ts";
import type { LeftResponse, ResponseControl, ResponseSource, Steer, SteerInput } from "./source.ts";

/** What watches and reads one response, the same on both carriers. */
export interface FlowOptions extends ResponseReaderOptions {
  /** Longest wait for something that moves the response, in milliseconds; 0 for no limit. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Keep items and texts, for `collect()` and for what an error says of them. Default true. */
  readonly keep?: boolean | undefined;
}

/**
 * Taken from the connection and not yet read by the caller, in bytes, before the connection is paused: two reads of a socket.
 * More would not be faster, and what waits survives collections, for which Node makes room it keeps.
 */
const BACKLOG = 128 * 1024;

const IDLE: Readonly<Record<Carrier["kind"], string>> = {
  sse: "idle timeout waiting for SSE",
  websocket: "idle timeout waiting for websocket",
};

/**
 * One response between its carrier and its caller: events' texts in, typed events out, into the queue behind the caller's loop. It slows the carrier
 * down when too much waits there, and ends the response when nothing moves it for `idleTimeoutMs`. That timer rests while it is the caller who does
 * not read.
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
  /** The service was asked to end it. */
  #isInterrupted = false;
  /** While the end that is read is not the stream's: what it says of the response. */
  #handsOver: ResponseEnd | undefined;
  /** Items before the response that goes on now. */
  #finished = 0;

  constructor(carrier: Carrier, options: FlowOptions) {
    this.#carrier = carrier;
    this.#options = options;
    this.received = new Received({ keep: options.keep });
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
      onOver: () => this.#progress.stop(),
    });
    this.events.onEmpty = () => {
      if (!this.isOver) this.#backlog.clear();
    };
  }

  get isOver(): boolean {
    return this.#ending.isOver;
  }

  /** What the response failed with, once it has. */
  get failure(): unknown {
    return this.#ending.failure;
  }

  /** Takes what the head of the answer told, and heeds the caller's signal from now on. */
  open(preliminary: readonly ResponseEvent[]): void {
    for (const event of preliminary) this.event(event);
    this.#ending.watch();
  }

  /** Starts the wait for events: the request is out. */
  expectEvents(): void {
    if (!this.isOver && !this.#backlog.isPaused) this.#progress.start();
  }

  /** Bytes that came while earlier ones wait for the caller. */
  get backlog(): number {
    return this.#backlog.size;
  }

  // What the caller says into it

  async interrupt(): Promise<void> {
    if (this.isOver) return;
    this.#isInterrupted = true;
    this.#reader.expectInterruption();
    if (this.#carrier.interrupt) await this.#carrier.interrupt();
    else this.endInterrupted();
  }

  /**
   * Ends it here: the service cannot be asked, or does not answer. The event names no response: that one may go on to another end, so that nothing can go
   * on from it.
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

  /** Another response goes on in the place of this one, which ended with `end` because of what was said into it. */
  goOn(end: RawData, input: readonly ResponseItem[]): void {
    if (this.isOver) return;
    this.#handsOver = {};
    this.#reader.read(end); // what only the end tells comes first
    const { responseId } = this.received;
    const { tokenUsage } = this.#handsOver;
    this.#handsOver = undefined;
    this.#reader = new ResponseReader(this, this.#carrier.kind, this.#options); // numbers and places begin anew
    if (this.#isInterrupted) this.#reader.expectInterruption();
    this.#finished += this.received.finishedItems + input.length;
    this.event({
      type: "steered",
      ...told({ responseId, tokenUsage }),
      input,
      keptItems: this.#finished,
    });
  }

  // What the carrier brings

  /** An event's JSON text. */
  read(raw: RawData): void {
    if (!this.isOver && this.#reader.read(raw)) this.#hasMoved = true;
  }

  /** Messages, each an event, from number `at` on; returns the number of the first one that was left. */
  readMessages(messages: readonly RawData[], at: number): number {
    const next = this.isOver ? at : this.#reader.readMessages(messages, at);
    if (next > at) this.#hasMoved = true;
    else this.read(messages[at] as RawData);
    return Math.max(next, at + 1);
  }

  /** Events out of an event stream's lines, from `start` on, as far as they need not be cut out; returns where the first one begins that does. */
  readLines(lines: RawText, start: number): number {
    let at = start;
    while (!this.isOver) {
      const end = this.#reader.readLines(lines, at);
      if (end === at) break;
      at = end;
      this.#hasMoved = true;
    }
    return at;
  }

  /** An event that the end of the body cut off. */
  readUnfinished(text: string): void {
    if (!this.isOver) this.#reader.readUnfinished(text);
  }

  /** Counts what came from the connection in one go, after its events were read. */
  took(size: number): void {
    this.events.flush();
    if (this.isOver) return;
    if (this.#hasMoved) {
      // Once for all events that came together: reading the clock for each of them shows on a long stream.
      this.#hasMoved = false;
      this.#progress.touch();
    }
    if (this.events.length > 0) this.#backlog.add(size);
  }

  fail(cause: unknown): void {
    if (this.isOver) return;
    const error = unreadable(cause);
    if (!(error instanceof AbortedError)) this.#reader.interrupted(error);
    this.#ending.broke(error);
  }

  // What the reader makes of it

  event(event: ResponseEvent, size?: number): void {
    if (this.#handsOver && (event.type === "completed" || event.type === "incomplete")) {
      this.#handsOver = event;
      return;
    }
    this.received.note(event, size);
    this.events.push(event);
  }

  deltas(deltas: readonly DeltaEvent[], whole: DeltaEvent): void {
    this.received.note(whole);
    this.events.pushAll(deltas);
  }

  completed(): void {
    if (!this.#handsOver) this.#ending.completed();
  }

  failed(error: CodexFailure, end: ResponseEnd): void {
    if (this.#handsOver) this.#handsOver = end;
    else this.#ending.failed(error, end);
  }

  // What the backlog asks for

  pause(): void {
    this.#progress.stop();
    this.#carrier.pause();
  }

  resume(): void {
    this.#progress.start();
    this.#carrier.resume();
  }
}

/** Nothing has been sent, and nothing is lost. */
function notSteerable(): NotSupportedError {
  return new NotSupportedError(
    "a response is steered over a WebSocket alone, and this one comes over HTTP: interrupt() it and ask anew, or use a session with WebSockets",
    { feature: "steering" },
  );
}
