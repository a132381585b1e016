import { AbortedError, BuildError } from "../../client/failure/kinds.ts";
import type { HeaderMap } from "../../client/headers.ts";
import { requestIdOf } from "../refusal/http-text.ts";
import type { ResponsePosition } from "./background/position.ts";
import type { ResponseEvent } from "./events.ts";
import type { CollectedResponse, Received } from "./received.ts";

/** What the answer said before its first event; of the handshake, on a WebSocket. */
export interface ResponseStreamHead {
  readonly status: number;
  readonly headers: HeaderMap;
}

/** Where a stream's events come from. */
export interface EventIterator extends AsyncIterator<ResponseEvent, undefined> {
  /** Of a response in the background: how far its reader has come. */
  readonly position?: ResponsePosition | undefined;
  /** The reader leaves, at any time. */
  return(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Somebody else ends the stream: the reader, who may be waiting, gets `reason` instead of a quiet end. Without effect after the end. */
  leave(reason: unknown): void | Promise<void>;
}

/** Events, and what they have come to so far. */
export interface ResponseSource {
  readonly events: EventIterator;
  readonly received: Received;
}

/**
 * The events of one response, in wire order. Single use: iterate it once, or `collect()` it.
 *
 * It ends normally only after `completed` (or `incomplete`, with the option `incomplete: "end"`); whatever else ends it is thrown, and says in
 * `partial` what was received. Leaving the loop early closes the connection, which cancels
 * the generation; a response in the background goes on, unless `cancelOnLeave` is set. A reader that is slow slows the connection down: at most about 128 KiB waits in memory.
 */
export class ResponseStream implements AsyncIterable<ResponseEvent>, AsyncDisposable {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly #source: EventIterator;
  readonly #received: Received;
  #taken = false;

  constructor({ events, received }: ResponseSource, head: ResponseStreamHead) {
    this.#source = events;
    this.#received = received;
    this.status = head.status;
    this.headers = head.headers;
  }

  /** The service's id of the request, to quote in a report. */
  get requestId(): string | undefined {
    return requestIdOf(this.headers);
  }

  /**
   * Of a response in the background: what has been read of it, as a small JSON value, from which `resume` goes on in this process or another.
   * Undefined for others, and before the response has told its id.
   */
  get position(): ResponsePosition | undefined {
    return this.#source.position;
  }

  [Symbol.asyncIterator](): AsyncIterator<ResponseEvent, undefined> {
    if (this.#taken) {
      throw new BuildError("a response stream can be read once; keep the events, or use what collect() returned");
    }
    this.#taken = true;
    return this.#source;
  }

  /**
   * Reads to the end and returns the whole answer.
   *
   * @throws What iterating would throw.
   */
  async collect(): Promise<CollectedResponse> {
    const events = this[Symbol.asyncIterator]();
    while (!(await events.next()).done);
    return this.#received.collected();
  }

  /**
   * Ends the stream: closes the connection and cancels the generation. Who still reads gets an {@link AbortedError}, since half an answer must not
   * look like a whole one. Without effect after the end.
   */
  async close(): Promise<void> {
    this.#taken = true;
    await this.#source.leave(new AbortedError("the stream was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
