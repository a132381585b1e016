import { Readable } from "node:stream";

/** Bodies up to this size are given to undici as they are. */
const PIECE_BYTES = 64 * 1024;

/** How a request's body is given to undici. */
export interface UndiciBody {
  readonly body: Uint8Array | Readable | null;
  /** Headers that it needs, unless the request has them. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * undici keeps the body that it was given as long as the answer lasts, which may be minutes, and the history of an agent is megabytes. So a large
 * body is given as a stream of its pieces, of which nothing is left when it has been sent.
 *
 * @param onProgress - Called for each piece of a body that is given in pieces.
 */
export function undiciBody(
  body: Uint8Array | AsyncIterable<Uint8Array> | undefined,
  onProgress: () => void,
): UndiciBody {
  if (body === undefined) return { body: null, headers: {} };
  if (!(body instanceof Uint8Array)) return { body: Readable.from(watched(body, onProgress)), headers: {} };
  if (body.byteLength <= PIECE_BYTES) return { body, headers: {} };
  return {
    body: Readable.from(watched(new Pieces(body), onProgress)),
    headers: { "content-length": String(body.byteLength) },
  };
}

async function* watched(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onProgress: () => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of body) {
    onProgress();
    yield piece;
  }
}

/** Not a generator: that would keep the bytes after its end. */
class Pieces implements IterableIterator<Uint8Array> {
  #rest: Uint8Array | undefined;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Uint8Array, undefined> {
    const rest = this.#rest;
    if (!rest) return { done: true, value: undefined };
    this.#rest = rest.length > PIECE_BYTES ? rest.subarray(PIECE_BYTES) : undefined;
    return { done: false, value: rest.subarray(0, PIECE_BYTES) };
  }
}
