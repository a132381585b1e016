import { StreamError, TimeoutError } from "../../client/failure/kinds.ts";
import type { RawData, RawText } from "../../client/raw-text.ts";
import { SseDecoder, type SseSink } from "../../client/sse/index.ts";
import type { ByteSink, ByteStream, HttpStreamResponse } from "../../client/transport.ts";
import { IdleTimer } from "../../client/waiting/idle-timer.ts";
import { header } from "../headers.ts";
import type { Answer } from "../service/answer.ts";
import { type Doubt, doubtAbout } from "./content-check.ts";
import type { Carrier } from "./ending.ts";
import { type FlowOptions, ResponseFlow } from "./flow.ts";
import { preliminaryEvents } from "./preliminary.ts";

export interface EventStreamOptions extends FlowOptions {
  readonly livenessTimeoutMs: number;
}

/** Comments after which a server is taken to keep its connections alive. */
const KEEP_ALIVE_COMMENTS = 2;
/** How long the end of a body is waited for after the terminal event, so that its connection can be kept. */
const DRAIN_MS = 250;

/**
 * The flow of a response body.
 *
 * Two timers watch it while it is read. Progress: nothing that moves the response for `idleTimeoutMs`; comments and other keep-alives do not count, so a
 * server that only keeps the connection alive is cut in the end. Liveness: no byte for `livenessTimeoutMs`, once the server has sent two comments and so
 * shown that it keeps its connections alive; a server that never does may think in silence.
 */
export function readEventStream(response: Answer<HttpStreamResponse>, options: EventStreamOptions): ResponseFlow {
  const flowOptions = { ...options, headers: response.headers };
  return new EventStreamBody(response, options, (body) => new ResponseFlow(body, flowOptions)).flow;
}

/** What a body's events go to. */
export type EventReceiver = Pick<
  ResponseFlow,
  "isOver" | "open" | "expectEvents" | "read" | "readUnfinished" | "took" | "fail"
> &
  Partial<Pick<ResponseFlow, "readLines">>;

/** What reading a body takes, whatever its events go to. */
type BodyOptions = Pick<EventStreamOptions, "livenessTimeoutMs" | "turnState" | "telemetry" | "logger"> & {
  /** What a whole body ends with, for messages. Default `response.completed`. */
  readonly lastEvent?: string | undefined;
};

/** Reads a body into what `receiverOf` gives for it; see {@link readEventStream}. */
export function readEventsInto(
  response: Answer<HttpStreamResponse>,
  options: BodyOptions,
  receiverOf: (body: Carrier) => EventReceiver,
): void {
  new EventStreamBody(response, options, receiverOf);
}

/** Bytes in; frames go on to the receiver. */
class EventStreamBody<Receiver extends EventReceiver> implements Carrier, ByteSink, SseSink {
  readonly kind = "sse";
  readonly flow: Receiver;
  readonly #body: ByteStream;
  readonly #frames: SseDecoder;
  readonly #livenessTimeoutMs: number;
  readonly #lastEvent: string;
  /** While it is not clear that this is an event stream. */
  #doubt: Doubt | undefined;
  #comments = 0;
  /** From the second comment on: until then a server may think in silence. */
  #liveness: IdleTimer | undefined;

  constructor(response: Answer<HttpStreamResponse>, options: BodyOptions, receiverOf: (body: Carrier) => Receiver) {
    this.#body = response.body;
    this.#livenessTimeoutMs = options.livenessTimeoutMs;
    this.#lastEvent = options.lastEvent ?? "response.completed";
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
    this.#liveness?.touch();
    try {
      if (this.#doubt) this.#read(this.#doubt.clear(bytes));
      else this.#frames.feed(bytes);
      this.flow.took(bytes.length);
    } catch (error) {
      this.flow.fail(error);
    }
  }

  onLines(lines: RawText, start: number): number {
    return this.flow.readLines?.(lines, start) ?? start;
  }

  onRawData(data: RawData): void {
    this.flow.read(data);
  }

  /** One comment may be a greeting; the second is a habit that can be held against the server. */
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
    if (this.flow.isOver) return;
    try {
      if (this.#doubt) this.#read(this.#doubt.end());
      const unfinished = this.flow.isOver ? undefined : this.#frames.end();
      if (unfinished) this.flow.readUnfinished(unfinished.data);
      this.flow.took(0);
      this.flow.fail(new StreamError(`stream closed before ${this.#lastEvent}`));
    } catch (error) {
      this.flow.fail(error); // such as an event that its last line made too large
    }
  }

  fail(error: unknown): void {
    if (this.#doubt?.isPage) this.#doubt.end(); // what there is of a page tells more than that it broke off
    this.flow.fail(error);
  }

  pause(): void {
    this.#body.pause();
    this.#liveness?.stop();
  }

  resume(): void {
    this.#liveness?.start();
    this.#body.resume();
  }

  complete(): void {
    this.#release();
    // The body usually ends with the terminal event; reading that end lets the connection serve the next request.
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

  /** @param bytes - Everything that came while it was not clear what it is; undefined where it still is not. */
  #read(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) return;
    this.#doubt = undefined;
    this.#frames.feed(bytes);
  }
}
