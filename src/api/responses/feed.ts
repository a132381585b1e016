import { Backlog, type PausableSource } from "../../client/backlog.ts";
import { Failure } from "../../client/failure/failure.ts";
import { AbortedError, StreamError, TimeoutError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import { IdleTimer } from "../../client/idle-timer.ts";
import { PushQueue } from "../../client/push-queue.ts";
import type { RawData } from "../../client/raw-text.ts";
import type { StreamPoll } from "../../client/telemetry.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponseEvent } from "./events.ts";
import { ResponseReader, type ResponseReaderOptions, type ResponseSink } from "./reader.ts";
import { Received, type ResponseEnd } from "./received.ts";

/** What watches and reads one response, the same on both carriers. */
export interface FeedOptions extends ResponseReaderOptions {
  /** Longest wait for the next event, in milliseconds; 0 for no limit. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The connection under a response. After `complete` or `cancel`, one of which is called once, nothing else is. */
export interface Carrier {
  readonly kind: StreamPoll["carrier"];
  pause(): void;
  resume(): void;
  /** The service has ended the response; the connection may serve the next one. */
  complete(): void;
  /** The caller left, or the response failed: nothing more is wanted of this connection. */
  cancel(): void;
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
 * One response between its carrier and its caller. It holds the events that wait for the caller and slows the carrier down when they grow
 * too many; it ends the response on its terminal event, on the caller's leave or abort, and when no event comes for `idleTimeoutMs`. That
 * timer rests while it is the caller who does not read.
 */
export class ResponseFeed implements ResponseSink, PausableSource {
  readonly queue = new PushQueue<ResponseEvent>();
  readonly received = new Received();
  readonly #carrier: Carrier;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: ResponseReader;
  readonly #progress: IdleTimer;
  readonly #backlog = new Backlog(BACKLOG, this);
  #over = false;
  #hasRead = false;
  #failure: unknown;

  constructor(carrier: Carrier, options: FeedOptions) {
    this.#carrier = carrier;
    this.#signal = options.signal;
    this.#reader = new ResponseReader(this, carrier.kind, options);
    const { idleTimeoutMs: timeoutMs } = options;
    this.#progress = new IdleTimer(timeoutMs, () =>
      this.fail(new TimeoutError(IDLE[carrier.kind], { phase: "idle", timeoutMs })),
    );
    this.queue.signal = options.signal;
    this.queue.onEmpty = () => {
      if (!this.#over) this.#backlog.clear();
    };
    this.queue.onLeave = () => {
      this.#stop();
      carrier.cancel();
    };
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** What the response failed with, once it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Takes what the head of the answer told, and heeds the caller's signal from now on; a signal that has fired ends it at once. */
  open(preliminary: readonly ResponseEvent[]): void {
    for (const event of preliminary) this.event(event);
    if (this.#signal?.aborted) this.#onAbort();
    else this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Starts the wait for events: the request is out. */
  expectEvents(): void {
    if (!this.#over && !this.#backlog.isPaused) this.#progress.start();
  }

  /** An event's JSON text. */
  read(raw: RawData): void {
    if (this.#over) return;
    this.#hasRead = true;
    this.#reader.read(raw);
  }

  /** An event that the end of the body cut off. */
  readUnfinished(text: string): void {
    if (!this.#over) this.#reader.readUnfinished(text);
  }

  // The reader's side

  event(event: ResponseEvent): void {
    this.received.note(event);
    this.queue.push(event);
  }

  completed(): void {
    if (this.#over) return;
    this.#stop();
    this.queue.end();
    this.#carrier.complete();
  }

  /** A refusal that is final for this request is no reason to give the connection up. */
  failed(error: Failure, end: ResponseEnd): void {
    if (this.#over) return;
    this.received.ended(end);
    const { outlook } = outlookOf(error, {
      carrier: this.#carrier.kind === "sse" ? "http" : "websocket",
      step: "stream",
    });
    this.#end(error, outlook === "never");
  }

  // The carrier's side

  /** Counts what came from the connection in one go, after its events were read. */
  took(size: number): void {
    if (this.#over) return;
    if (this.#hasRead) {
      // Once for all events that came together: reading the clock for each of them shows on a long stream.
      this.#hasRead = false;
      this.#progress.touch();
    }
    if (this.queue.length > 0) this.#backlog.add(size);
  }

  /** The carrier broke, or reading what it brought. Events that wait for the caller come before the error; an abort comes at once. */
  fail(cause: unknown): void {
    if (this.#over) return;
    if (cause instanceof AbortedError) {
      this.#abort(cause);
      return;
    }
    const error = Failure.is(cause) ? cause : unreadable(cause);
    this.#reader.interrupted(error);
    this.#end(error);
  }

  // The backlog's side

  pause(): void {
    this.#progress.stop();
    this.#carrier.pause();
  }

  resume(): void {
    this.#progress.start();
    this.#carrier.resume();
  }

  #end(error: unknown, connectionLives = false): void {
    this.#stop();
    this.#failure = withPartial(error, this.received.partial());
    if (connectionLives) this.#carrier.complete();
    else this.#carrier.cancel();
    this.queue.fail(error);
  }

  #onAbort = (): void => {
    if (!this.#over) this.#abort(new AbortedError(this.#signal?.reason));
  };

  #abort(error: AbortedError): void {
    this.#stop();
    this.#failure = withPartial(error, this.received.partial());
    this.#carrier.cancel();
    this.queue.cut(error);
  }

  #stop(): void {
    this.#over = true;
    this.#progress.stop();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

function unreadable(cause: unknown): StreamError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StreamError(`the stream cannot be read: ${why}`, { cause });
}
