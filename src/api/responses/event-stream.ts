import { StreamError, TimeoutError } from "../../client/failure/kinds.ts";
import { decodeRawData, type RawData, type RawText, rawDataOf, rawTextOf } from "../../client/raw-text.ts";
import { SseDecoder, type SseSink } from "../../client/sse/index.ts";
import type { ByteSink, ByteStream, HttpStreamResponse } from "../../client/transport.ts";
import { IdleTimer } from "../../client/waiting/idle-timer.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { header } from "../headers.ts";
import type { Answer } from "../service/answer.ts";
import type { JsonObject } from "../wire/json.ts";
import { type Doubt, doubtAbout } from "./content-check.ts";
import type { Carrier } from "./ending.ts";
import { eventOfWhole, isWholeAnswer } from "./events/registry.ts";
import { type FlowOptions, ResponseFlow } from "./flow.ts";
import { preliminaryEvents } from "./preliminary.ts";

export interface EventStreamOptions extends FlowOptions {
  readonly livenessTimeoutMs: number;
}

/** Number of comments after which the server counts as one that sends keep-alives. */
const KEEP_ALIVE_COMMENTS = 2;
/** How much is kept of what is no event, in bytes: more than a message shows, so that no credential is cut before it is blanked. */
const MOST_WORDS = 16 * 1024;
/** How long to wait for the end of the body after the terminal event, so that the connection can be reused. */
const DRAIN_MS = 250;

/**
 * The flow of a response body.
 *
 * Two timers watch it while it is read. Progress: the stream fails if nothing advances the response for `idleTimeoutMs`. Comments and other
 * keep-alives do not count, so a server cannot hold a stream open with keep-alives alone. Liveness: once the server has sent two comments,
 * the stream fails if no byte arrives for `livenessTimeoutMs`. A server that never sends comments may be silent while the model thinks.
 */
export function readEventStream(response: Answer<HttpStreamResponse>, options: EventStreamOptions): ResponseFlow {
  const flowOptions = { ...options, headers: response.headers };
  return new EventStreamBody(response, options, (body) => new ResponseFlow(body, flowOptions)).flow;
}

/** What the events of a body are delivered to. */
export type EventReceiver = Pick<
  ResponseFlow,
  "isOver" | "open" | "expectEvents" | "read" | "readUnfinished" | "took" | "fail"
> &
  Partial<Pick<ResponseFlow, "readLines" | "pauseIfAhead">>;

/** The options for reading a body, whatever its events are delivered to. */
type BodyOptions = Pick<EventStreamOptions, "livenessTimeoutMs" | "turnState" | "telemetry" | "logger"> & {
  /** Name of the event that ends a complete body, for messages. @default `response.completed` */
  readonly lastEvent?: string | undefined;
  /** Whether the JSON object of a body that is no stream is the answer itself. Default: a response, or what calls itself an error. */
  readonly isWhole?: ((body: JsonObject) => boolean) | undefined;
};

/** Reads a body into the receiver that `receiverOf` returns for it; see {@link readEventStream}. */
export function readEventsInto(
  response: Answer<HttpStreamResponse>,
  options: BodyOptions,
  receiverOf: (body: Carrier) => EventReceiver,
): void {
  new EventStreamBody(response, options, receiverOf);
}

/** Takes bytes and delivers frames to the receiver. */
class EventStreamBody<Receiver extends EventReceiver> implements Carrier, ByteSink, SseSink {
  readonly kind = "http";
  readonly flow: Receiver;
  readonly #body: ByteStream;
  readonly #frames: SseDecoder;
  readonly #livenessTimeoutMs: number;
  readonly #lastEvent: string;
  readonly #isWhole: (body: JsonObject) => boolean;
  /** Set until it is clear that the body is an event stream. */
  #doubt: Doubt | undefined;
  readonly #response: Answer<HttpStreamResponse>;
  /** What came last that is no event; before the first event the beginning of the body. If it is all that comes, it says why. */
  #words: RawText = "";
  /** What arrived while the caller had enough to read: at most one network read, because the body is paused then. */
  readonly #later: Uint8Array[] = [];
  #isPaused = false;
  /** No frame has come. */
  #isOpening = true;
  #comments = 0;
  /** Set from the second comment on; before that, silence is allowed. */
  #liveness: IdleTimer | undefined;

  constructor(response: Answer<HttpStreamResponse>, options: BodyOptions, receiverOf: (body: Carrier) => Receiver) {
    this.#response = response;
    this.#body = response.body;
    this.#livenessTimeoutMs = options.livenessTimeoutMs;
    this.#lastEvent = options.lastEvent ?? "response.completed";
    this.#isWhole = options.isWhole ?? isWholeAnswer;
    this.flow = receiverOf(this);
    this.#frames = new SseDecoder(this);
    options.turnState?.set(response.headers[header.turnState]);
    this.flow.open(preliminaryEvents(response.headers));
    if (this.flow.isOver) return;
    this.#doubt = doubtAbout(response, options, (error) => this.flow.fail(error));
    if (this.flow.isOver) return;
    this.flow.expectEvents();
    this.#body.pipe(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.flow.isOver) return;
    if (this.#later.length > 0 || this.flow.pauseIfAhead?.()) this.#later.push(bytes);
    else this.#take(bytes);
  }

  #take(bytes: Uint8Array): void {
    if (this.flow.isOver) return;
    this.#liveness?.touch();
    if (this.#isOpening && this.#words.length < MOST_WORDS) this.#words += rawTextOf(bytes.subarray(0, MOST_WORDS));
    try {
      if (this.#doubt) this.#read(this.#doubt.clear(bytes));
      else this.#frames.feed(bytes);
      this.flow.took(bytes.length);
    } catch (error) {
      this.flow.fail(error);
    }
  }

  onLines(lines: RawText, start: number): number {
    const end = this.flow.readLines?.(lines, start) ?? start;
    if (end > start) this.#framed("");
    return end;
  }

  onRawData(data: RawData): void {
    this.#framed(mayBeEvent(data) ? "" : rawText(data.slice(0, MOST_WORDS)));
    this.flow.read(data);
  }

  /** One comment may be a greeting; from the second on, they count as keep-alives. */
  onComment(): void {
    this.#comments += 1;
    if (this.#comments !== KEEP_ALIVE_COMMENTS || this.flow.isOver) return;
    const timeoutMs = this.#livenessTimeoutMs;
    this.#liveness = new IdleTimer(timeoutMs, () => {
      const message = "the connection is dead: not even a keep-alive arrived";
      this.flow.fail(new TimeoutError(message, { phase: "idle", timeoutMs }));
    });
    this.#liveness.start();
  }

  end(): void {
    this.catchUp();
    if (this.flow.isOver) return;
    try {
      if (this.#doubt) this.#readWhole(this.#doubt);
      const unfinished = this.flow.isOver ? undefined : this.#frames.end();
      if (unfinished) {
        if (mayBeEvent(unfinished.data)) this.#framed(""); // an event that was cut off, perhaps with a part of the answer
        this.flow.readUnfinished(unfinished.data);
      }
      this.flow.took(0);
      this.flow.fail(new StreamError(`stream closed before ${this.#lastEvent}${this.#wordsClause()}`));
    } catch (error) {
      this.flow.fail(error); // for example an event that the last line made too large
    }
  }

  fail(error: unknown): void {
    this.catchUp();
    if (this.#doubt?.isPage) this.#doubt.end(); // the page's text explains more than the broken connection
    this.flow.fail(error);
  }

  pause(): void {
    this.#isPaused = true;
    this.#body.pause();
    this.#liveness?.stop();
  }

  resume(): void {
    this.#isPaused = false;
    this.#liveness?.start();
    // In a later microtask: the reader has not got yet what it is taking, and no event may overtake that.
    if (this.#later.length > 0) queueMicrotask(this.#readOn);
    else this.#body.resume();
  }

  readonly #readOn = (): void => {
    while (this.#later.length > 0 && !this.#isPaused && !this.flow.pauseIfAhead?.())
      this.#take(this.#later.shift() as Uint8Array);
    if (this.#later.length === 0 && !this.#isPaused && !this.flow.isOver) this.#body.resume();
  };

  catchUp(): void {
    for (const bytes of this.#later.splice(0)) this.#take(bytes);
  }

  complete(): void {
    this.#release();
    // The body usually ends with the terminal event; reading to its end lets the connection serve the next request.
    this.#body.resume();
    setTimeout(() => this.#body.cancel(), DRAIN_MS).unref();
  }

  cancel(): void {
    this.#release();
    this.#body.cancel();
  }

  #release(): void {
    this.#liveness?.stop();
    this.#doubt?.stop();
  }

  #framed(words: RawText): void {
    this.#isOpening = false;
    this.#words = words;
  }

  #wordsClause(): string {
    const { blank, headers } = this.#response;
    const words = bodyExcerpt({ body: blank(decodeRawData(this.#words)), headers });
    return words === "" ? "" : `; it ended with a text that is no event: ${words}`;
  }

  /** The body has ended, and it was no event stream. */
  #readWhole(doubt: Doubt): void {
    const body = doubt.wholeAnswer(this.#isWhole);
    if (body !== undefined) this.flow.read(rawDataOf(Buffer.from(eventOfWhole(body))));
    else doubt.end();
  }

  /** @param bytes - All bytes received while the content was in doubt; undefined if it still is. */
  #read(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) return;
    this.#doubt = undefined;
    this.#frames.feed(bytes);
  }
}

function rawText(data: RawData): RawText {
  return typeof data === "string" ? data : rawTextOf(data);
}

const BRACE = 0x7b;

/** True for JSON objects, and for the mark of Chat Completions that nothing follows. */
function mayBeEvent(data: RawData): boolean {
  return (typeof data === "string" ? data.charCodeAt(0) : data[0]) === BRACE || data === "[DONE]";
}
