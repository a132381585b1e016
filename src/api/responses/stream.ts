import { AbortedError, BuildError } from "../../client/failure/kinds.ts";
import type { HeaderMap } from "../../client/headers.ts";
import { readOutput } from "../compose/read-output.ts";
import { requestIdOf } from "../refusal/http-text.ts";
import { NotSupportedError } from "../refusal/kinds.ts";
import type { ResponsesRequest } from "../wire/request-fields.ts";
import { inputItems } from "../wire/request-input.ts";
import type { ResponsePosition } from "./background/position.ts";
import type { ResponseEvent } from "./events/types.ts";
import { eventBytes, readableOf } from "./readable.ts";
import type { CollectedResponse, Received, ResponseSnapshot } from "./received/received.ts";
import type { EventIterator, LeftResponse, ResponseControl, ResponseSource, Steer, SteerInput } from "./source.ts";

/** What the answer said before its first event; of the handshake, on a WebSocket. */
export interface ResponseStreamHead {
  readonly status: number;
  readonly headers: HeaderMap;
}

/** What of a request says how its answer is read. */
type Schemas<Parsed, Calls extends readonly unknown[]> = Pick<ResponsesRequest<Parsed, Calls>, "text" | "tools">;

/**
 * The events of one response, in wire order. It has one reader: iterate it, take `batches()`, or make it a web stream; a second reader is a `build`
 * error. `collect()` goes with each of them, or instead.
 *
 * It ends normally only after `completed` (or `incomplete`, with the option `incomplete: "end"`); whatever else ends it is thrown, and says in
 * `partial` what was received. Leaving the loop early ends the generation: over a WebSocket of a provider with `supportsInterrupt` by asking the service
 * to end it, elsewhere by closing the connection; a response in the background goes on, unless `cancelOnLeave` is set. A reader that is slow slows the connection down: at most about 128 KiB waits in memory. Finished items and the text
 * under way are kept beside that, up to 64 MiB of a response, for `collect()` and `partial`; with `keep: false` they are not.
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

  /** @throws {@link BuildError} The stream has a reader. */
  [Symbol.asyncIterator](): AsyncIterator<ResponseEvent, undefined> {
    return this.source();
  }

  /**
   * The same events, those together that came together: one step for many of them, where a consumer can take them so. What came before an error comes
   * first, as a batch of its own. A batch is never empty.
   *
   * @throws {@link BuildError} The stream has a reader.
   */
  batches(): AsyncIterableIterator<readonly ResponseEvent[]> {
    const source = this.source();
    return {
      next: () => source.nextBatch(),
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
   * The same events as a web stream, read as it is read; cancelling it leaves the stream.
   *
   * @param options - `as`: `events`, as objects; `sse`, each as a server-sent event (`event:` its type, `data:` its JSON). Default `events`.
   * @throws {@link BuildError} The stream has a reader.
   */
  toReadableStream(options: { readonly as: "sse" }): ReadableStream<Uint8Array>;
  toReadableStream(options?: { readonly as?: "events" | undefined }): ReadableStream<ResponseEvent>;
  toReadableStream({
    as = "events",
  }: {
    readonly as?: "events" | "sse" | undefined;
  } = {}): ReadableStream<ResponseEvent | Uint8Array> {
    if (as !== "events" && as !== "sse") throw new BuildError("toReadableStream: as must be one of events, sse");
    const source = this.source();
    return as === "sse" ? readableOf(source, eventBytes) : readableOf(source, (event) => event);
  }

  /**
   * The whole answer: one promise, whenever it is asked for. Instead of a loop it reads everything; during one it reads the rest, and the loop's next step
   * ends after it; after one it is there.
   *
   * @throws What ended the stream, if not its terminal event; after the loop was left, {@link AbortedError}. {@link LimitError} There was more than
   *   64 MiB of it. {@link BuildError} The option `keep: false`.
   */
  collect(): Promise<CollectedResponse<Parsed, Calls>> {
    this.#collected ??= this.#collect();
    return this.#collected;
  }

  /** What of the answer is there by now, items that are under way included. Events cost nothing by it; looking does. */
  snapshot(): ResponseSnapshot {
    return this.#received.snapshot();
  }

  /**
   * Has the service end the response where it is, and resolves when it has ended. The loop then ends normally, with the event `incomplete` and its reason
   * `interrupted`, or with `completed` where the answer was whole by then. What was finished stands; what was under way is thrown away.
   *
   * On a WebSocket of a provider with `supportsInterrupt` connection and history survive it. Where the service cannot be asked, or does not end it within
   * 2 s, the connection is closed, and the loop ends in the same way. It may be awaited inside the loop: the connection is read on meanwhile.
   *
   * @throws {@link NotSupportedError} A response in the background: `responses.cancel` ends it.
   */
  async interrupt(): Promise<void> {
    if (!this.#control) throw notWhileInBackground("interruption", "interrupted: responses.cancel(id) ends it");
    await this.#control.interrupt();
  }

  /**
   * Says something into the response while it comes, over a WebSocket: resolves when the service has taken it. The response then ends where it is, and
   * another one goes on in the same stream; `steered` tells what stands. `delivery` of the result tells when that has happened, or that the service waits
   * for outputs of calls first. May be awaited inside the loop: the connection is read on meanwhile, within a bound of 16 MiB.
   *
   * @param input - A text, messages of the user, or outputs of function calls.
   * @throws {@link NotSupportedError} Over HTTP, or the service cannot; nothing is lost. {@link SteerFailedError} The service refuses, or the response ended
   *   first; `input` has what was said, for the next request. {@link BuildError} `input` is none.
   */
  async steer(input: SteerInput): Promise<Steer> {
    const items = inputItems(input);
    if (!this.#control) throw notWhileInBackground("steering", "steered: ask anew with what there is to say");
    return this.#control.steer(items);
  }

  /**
   * Ends the stream: closes the connection and cancels the generation. Who still reads gets an {@link AbortedError}, since half an answer must not
   * look like a whole one. Without effect after the end.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#source.leave(new AbortedError("the stream was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #collect(): Promise<CollectedResponse<Parsed, Calls>> {
    if (!this.#received.keeps)
      throw new BuildError("collect() needs what the option keep: false does not keep; read the events instead");
    this.#isTaken = true;
    await this.#source.drain();
    const answer = this.#received.collected();
    const reading = await readOutput(answer.items, this.#schemas, { incomplete: answer.status === "incomplete" });
    return { ...answer, ...reading };
  }

  /** For what reads on in a stream's place. @internal */
  get begun(): Promise<void> | undefined {
    return this.#control?.begun;
  }

  /** For what reads on in a stream's place. @internal */
  get aftermath(): Promise<LeftResponse | undefined> | undefined {
    return this.#control?.aftermath;
  }

  /** The same stream, whose answer is read by this request's format and tools. @internal */
  readBy<OwnParsed, OwnCalls extends readonly unknown[]>({
    text,
    tools,
  }: ResponsesRequest<OwnParsed, OwnCalls>): ResponseStream<OwnParsed, OwnCalls> {
    const stream = this as unknown as ResponseStream<OwnParsed, OwnCalls>;
    stream.#schemas = { text, tools };
    return stream;
  }

  /** For what reads on in a stream's place, as a session does. @internal */
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
  return new NotSupportedError(`a response in the background, which goes on without its stream, is not ${what}`, {
    feature,
  });
}
