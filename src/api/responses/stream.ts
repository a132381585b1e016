import { AbortedError, BuildError } from "../../client/failure/kinds.ts";
import type { HeaderMap } from "../../client/headers.ts";
import { knownOptions } from "../../client/options.ts";
import { readOutput } from "../compose/read-output.ts";
import { requestIdOf } from "../headers.ts";
import { NotSupportedError } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponsesRequest } from "../wire/request-fields.ts";
import { inputItems } from "../wire/request-input.ts";
import type { ResponsePosition } from "./background/position.ts";
import type { ResponseEvent } from "./events/types.ts";
import { eventBytes, readableOf } from "./readable.ts";
import type { CollectedEvents, CollectedResponse, Received, ResponseSnapshot } from "./received/received.ts";
import type { EventIterator, LeftResponse, ResponseControl, ResponseSource, Steer, SteerInput } from "./source.ts";

export const NOTHING_KEPT = "collect() does not work with the option keep: false; read the events instead";

/** What the answer's headers said before its first event; on a WebSocket, those of the handshake. */
export interface ResponseStreamHead {
  readonly status: number;
  readonly headers: HeaderMap;
}

/** The events of a stream in batches, for a loop or for a function. */
export interface EventBatches extends AsyncIterableIterator<readonly ResponseEvent[]> {
  each(take: (batch: readonly ResponseEvent[]) => PromiseLike<unknown> | undefined): Promise<void>;
}

const READABLE = knownOptions<{ readonly as: unknown }>("the options of toReadableStream()", { as: true });

/** The parts of a request that determine how its answer is read. */
type Schemas<Parsed, Calls extends readonly unknown[]> = Pick<ResponsesRequest<Parsed, Calls>, "text" | "tools">;

/**
 * The events of one response, in wire order. It can be read once: by iterating it, by `batches()`, or as a web stream; a second reader gets
 * a `build` error. `collect()` can be combined with each of them, or used alone.
 *
 * It ends normally only after `completed` (or `incomplete`, with the option `incomplete: "end"`). Any other end is thrown as an error whose
 * `partial` has what was received.
 *
 * Leaving the loop early ends the generation. On a WebSocket, if the provider has `supportsInterrupt`, the service is asked to end it;
 * otherwise the connection is closed. A background response continues, unless `cancelOnLeave` is set.
 *
 * A slow reader slows the connection down: at most about 150 KiB of the answer wait in memory. Besides these, finished items and the text
 * in progress are kept for `collect()` and `partial`, up to 64 MiB per response, unless `keep: false` is set.
 */
export class ResponseStream<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  implements AsyncIterable<ResponseEvent>, AsyncDisposable
{
  readonly status: number;
  readonly headers: HeaderMap;
  readonly #source: EventIterator;
  readonly #received: Received;
  readonly #control: ResponseControl | undefined;
  #isTaken = false;
  #isClosed = false;
  #collected: Promise<CollectedResponse<Parsed, Calls>> | undefined;
  #schemas: Schemas<Parsed, Calls> = {};

  constructor({ events, received, control }: ResponseSource, head: ResponseStreamHead) {
    this.#source = events;
    this.#received = received;
    this.#control = control;
    this.status = head.status;
    this.headers = head.headers;
  }

  /** The service's id of the request, to quote in a bug report. */
  get requestId(): string | undefined {
    return requestIdOf(this.headers);
  }

  /**
   * For a background response: how far it has been read, as a small JSON value. `resume` continues from it, in this process or another.
   * Undefined for other responses, and before the response's id is known.
   */
  get position(): ResponsePosition | undefined {
    return this.#source.position;
  }

  /** @throws {@link BuildError} The stream already has a reader. */
  [Symbol.asyncIterator](): AsyncIterator<ResponseEvent, undefined> {
    return this.source();
  }

  /**
   * The same events in batches: events that arrived together are yielded together, which saves time if many arrive. Events that came before
   * an error are yielded first, as a batch. A batch is never empty.
   *
   * @returns `each` is cheaper than a loop where events come one by one, as with many streams at once: the function is called when a
   *   batch arrives, and if it returns a promise, the next batch waits for that. If it throws, the stream is left. `each` resolves at the
   *   end, and rejects with what the function threw or with the error that ended the stream.
   * @throws {@link BuildError} The stream already has a reader.
   */
  batches(): EventBatches {
    const source = this.source();
    return {
      next: () => source.nextBatch(),
      each: async (take) => {
        await source.forEachBatch(take);
      },
      return: async () => {
        await source.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /**
   * The same events as a web stream, which reads only as fast as it is read. Cancelling it leaves the response.
   *
   * @param options - `as`: `events`, as objects; `sse`, as server-sent events (`event:` is the type, `data:` the JSON). Default `events`.
   * @throws {@link BuildError} The stream already has a reader.
   */
  toReadableStream(options: { readonly as: "sse" }): ReadableStream<Uint8Array>;
  toReadableStream(options?: { readonly as?: "events" | undefined }): ReadableStream<ResponseEvent>;
  toReadableStream(
    options: { readonly as?: "events" | "sse" | undefined } = {},
  ): ReadableStream<ResponseEvent | Uint8Array> {
    READABLE(options);
    const { as = "events" } = options;
    if (as !== "events" && as !== "sse") throw new BuildError("toReadableStream: as must be one of events, sse");
    const source = this.source();
    return as === "sse" ? readableOf(source, eventBytes) : readableOf(source, (event) => event);
  }

  /**
   * The whole answer. Every call returns the same promise. Used instead of a loop, it reads all events. During a loop it reads the rest,
   * and the loop ends with its next step. After the loop it resolves at once.
   *
   * @throws The error that ended the stream, if it did not end normally. {@link AbortedError} The loop was left early. {@link LimitError}
   *   The response is larger than 64 MiB. {@link BuildError} The option `keep: false` is set.
   */
  collect(): Promise<CollectedResponse<Parsed, Calls>> {
    this.#collected ??= this.#collect();
    return this.#collected;
  }

  /** The answer so far, including unfinished items. Keeping track of it costs nothing per event; each call does some work. */
  snapshot(): ResponseSnapshot {
    return this.#received.snapshot();
  }

  /**
   * Asks the service to end the response now, and resolves when it has ended. The loop then ends normally, with the event `incomplete` and
   * the reason `interrupted`, or with `completed` if the answer was already complete. Finished items remain valid; unfinished ones are
   * discarded.
   *
   * On a WebSocket, if the provider has `supportsInterrupt`, the connection and the history stay usable. If the service cannot be asked, or
   * does not end the response within 2 s, the connection is closed, and the loop ends in the same way. You may await it inside the loop:
   * the connection is read meanwhile.
   *
   * @throws {@link NotSupportedError} It is a background response: end it with `responses.cancel`.
   */
  async interrupt(): Promise<void> {
    if (!this.#control) throw notWhileInBackground("interruption", "interrupted: responses.cancel(id) ends it");
    await this.#control.interrupt();
  }

  /**
   * Sends further input into the response while it is being streamed, over a WebSocket; resolves when the service has accepted it. The
   * response then ends early, and another one continues in the same stream; the event `steered` says which items remain valid. `delivery`
   * of the result tells when that has happened, or that the service first waits for outputs of calls. You may await it inside the loop: the
   * connection is read meanwhile, up to 16 MiB.
   *
   * @param input - A text, user messages, or outputs of function calls.
   * @throws {@link NotSupportedError} The response comes over HTTP, or the service does not support steering; nothing was sent.
   *   {@link SteerFailedError} The service refuses, or the response ended first; `input` has the input, for the next request.
   *   {@link BuildError} `input` is invalid.
   */
  async steer(input: SteerInput): Promise<Steer> {
    const items = inputItems(input);
    if (!this.#control) throw notWhileInBackground("steering", "steered: send a new request with the input");
    return this.#control.steer(items);
  }

  /**
   * Ends the stream: closes the connection and cancels the generation. A reader that is still waiting gets an {@link AbortedError}, because
   * a partial answer must not look like a complete one. Without effect after the end.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#source.leave(withPartial(new AbortedError("the stream was closed"), this.#received.partial()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #collect(): Promise<CollectedResponse<Parsed, Calls>> {
    if (!this.#received.keeps) throw new BuildError(NOTHING_KEPT);
    this.#isTaken = true;
    const answer = await this.#answer();
    const reading = await readOutput(answer.items, this.#schemas, { incomplete: answer.status === "incomplete" });
    return { ...answer, ...reading };
  }

  async #answer(): Promise<CollectedEvents> {
    try {
      await this.#source.drain();
      return this.#received.collected();
    } catch (error) {
      throw withPartial(error, this.#received.partial()); // a reader who left, and a limit of what is kept, know nothing of it
    }
  }

  /** For code that takes over the stream. @internal */
  get begun(): Promise<void> | undefined {
    return this.#control?.begun;
  }

  /** For code that takes over the stream. @internal */
  get aftermath(): Promise<LeftResponse | undefined> | undefined {
    return this.#control?.aftermath;
  }

  /** The same stream, whose answer is read with this request's format and tools. @internal */
  readBy<OwnParsed, OwnCalls extends readonly unknown[]>({
    text,
    tools,
  }: ResponsesRequest<OwnParsed, OwnCalls>): ResponseStream<OwnParsed, OwnCalls> {
    const stream = this as unknown as ResponseStream<OwnParsed, OwnCalls>;
    stream.#schemas = { text, tools };
    return stream;
  }

  /** For code that takes over the stream, such as a session. @internal */
  source(): EventIterator {
    if (this.#isTaken || this.#isClosed) {
      const why = this.#isClosed ? "the response stream was closed" : "a response stream can be read once";
      throw new BuildError(`${why}; keep the events, or use what collect() returned`);
    }
    this.#isTaken = true;
    return this.#source;
  }
}

function notWhileInBackground(feature: string, what: string): NotSupportedError {
  return new NotSupportedError(`a background response, which continues without its stream, cannot be ${what}`, {
    feature,
  });
}
