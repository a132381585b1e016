import { StreamError, TimeoutError } from "../../client/failure/kinds.ts";
import { IdleTimer } from "../../client/idle-timer.ts";
import type { RawData } from "../../client/raw-text.ts";
import { SseDecoder, type SseSink } from "../../client/sse/index.ts";
import type { ByteSink, ByteStream, HttpStreamResponse } from "../../client/transport.ts";
import { header } from "../headers.ts";
import type { Answer } from "../service/answer.ts";
import { notAnEventStream } from "./answer-check.ts";
import { type Carrier, type FeedOptions, ResponseFeed } from "./feed.ts";
import { preliminaryEvents } from "./preliminary.ts";
import { type EventIterator, ResponseStream } from "./stream.ts";

export interface SseStreamOptions extends FeedOptions {
  /** Goes between the events and their reader. */
  readonly watch?: ((events: EventIterator) => EventIterator) | undefined;
  readonly livenessTimeoutMs: number;
}

/** Comments after which a server is taken to keep its connections alive. */
const KEEP_ALIVE_COMMENTS = 2;
/** How long the end of a body is waited for after the terminal event, so that its connection can be kept. */
const DRAIN_MS = 250;

/**
 * A response body as a {@link ResponseStream}.
 *
 * Two timers watch it while it is read. Progress: no event for `idleTimeoutMs`; comments do not count, so a server that only keeps the
 * connection alive is cut in the end. Liveness: no byte for `livenessTimeoutMs`, once the server has sent two comments and so shown that
 * it keeps its connections alive; a server that never does may think in silence.
 */
export function openSseStream(response: Answer<HttpStreamResponse>, options: SseStreamOptions): ResponseStream {
  let feed: ResponseFeed | undefined;
  readSseBody(response, options, (carrier) => {
    feed = new ResponseFeed(carrier, options);
    return feed;
  });
  const { queue, received } = feed as unknown as ResponseFeed; // made before the body is read
  return new ResponseStream({ events: options.watch?.(queue) ?? queue, received }, response);
}

/** What a body's events go to. */
export type SseReceiver = Pick<
  ResponseFeed,
  "isOver" | "open" | "expectEvents" | "read" | "readUnfinished" | "took" | "fail"
>;

/** Reads a body into what `receiverOf` gives for it; see {@link openSseStream}. */
export function readSseBody(
  response: Answer<HttpStreamResponse>,
  options: Pick<SseStreamOptions, "livenessTimeoutMs" | "turnState">,
  receiverOf: (body: Carrier) => SseReceiver,
): void {
  new SseBody(response, options, receiverOf);
}

class SseBody implements Carrier, ByteSink, SseSink {
  readonly kind = "sse";
  readonly feed: SseReceiver;
  readonly #body: ByteStream;
  readonly #frames: SseDecoder;
  readonly #livenessTimeoutMs: number;
  #comments = 0;
  /** From the second comment on: until then a server may think in silence. */
  #liveness: IdleTimer | undefined;

  constructor(
    response: Answer<HttpStreamResponse>,
    options: Pick<SseStreamOptions, "livenessTimeoutMs" | "turnState">,
    receiverOf: (body: Carrier) => SseReceiver,
  ) {
    this.#body = response.body;
    this.#livenessTimeoutMs = options.livenessTimeoutMs;
    this.feed = receiverOf(this);
    this.#frames = new SseDecoder(this);
    options.turnState?.set(response.headers[header.turnState]);
    this.feed.open(preliminaryEvents(response.headers));
    if (!this.feed.isOver) this.#pipe(response);
  }

  #pipe(response: Answer<HttpStreamResponse>): void {
    const refusal = notAnEventStream(response);
    if (refusal) {
      const fail = (error: unknown): void => this.feed.fail(error);
      refusal.then(fail, fail);
      return;
    }
    this.feed.expectEvents();
    this.#body.pipe(this);
  }

  chunk(bytes: Uint8Array): void {
    if (this.feed.isOver) return;
    this.#liveness?.touch();
    try {
      this.#frames.feed(bytes);
      this.feed.took(bytes.length);
    } catch (error) {
      this.feed.fail(error);
    }
  }

  onRawData(data: RawData): void {
    this.feed.read(data);
  }

  /** One comment may be a greeting; the second is a habit that can be held against the server. */
  onComment(): void {
    this.#comments += 1;
    if (this.#comments !== KEEP_ALIVE_COMMENTS || this.feed.isOver) return;
    const timeoutMs = this.#livenessTimeoutMs;
    this.#liveness = new IdleTimer(timeoutMs, () => {
      const message = "the connection is dead: not even a keep-alive arrived";
      this.feed.fail(new TimeoutError(message, { phase: "idle", timeoutMs }));
    });
    this.#liveness.start();
  }

  end(): void {
    if (this.feed.isOver) return;
    try {
      const unfinished = this.#frames.end();
      if (unfinished) this.feed.readUnfinished(unfinished.data);
      this.feed.fail(new StreamError("stream closed before response.completed"));
    } catch (error) {
      this.feed.fail(error); // such as an event that its last line made too large
    }
  }

  fail(error: unknown): void {
    this.feed.fail(error);
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
    this.#liveness?.stop();
    // The body usually ends with the terminal event; reading that end lets the connection serve the next request.
    setTimeout(() => this.#body.cancel(), DRAIN_MS).unref();
  }

  cancel(): void {
    this.#liveness?.stop();
    this.#body.cancel();
  }
}
