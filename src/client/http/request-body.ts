import { Readable } from "node:stream";
import { BodyPieces } from "../body-pieces.ts";
import type { HttpRequest } from "../transport.ts";

/** Bodies up to this size are given to undici as they are. */
const PIECE_BYTES = 64 * 1024;

/** How a request's body is given to undici. */
export interface UndiciBody {
  readonly body: Uint8Array | Readable | null;
  /** Headers that it needs, unless the request has them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** False for a stream of bytes: what was read of it is gone. */
export function isReplayable({ body }: HttpRequest): boolean {
  return body === undefined || body instanceof Uint8Array || body instanceof BodyPieces;
}

/**
 * undici keeps the body that it was given as long as the answer lasts, which may be minutes, and the history of an agent is megabytes. So a
 * large body is given as a stream of its pieces, of which nothing is left when it has been sent.
 *
 * @param onProgress - Called for each piece of a body that is given in pieces.
 */
export function undiciBody(body: HttpRequest["body"], onProgress: () => void): UndiciBody {
  if (body === undefined) return { body: null, headers: {} };
  if (body instanceof Uint8Array) {
    if (body.byteLength <= PIECE_BYTES) return { body, headers: {} };
    return undiciBody(new BodyPieces(piecesOf(body)), onProgress);
  }
  if (!(body instanceof BodyPieces)) return { body: Readable.from(watched(body, onProgress)), headers: {} };
  return {
    body: Readable.from(watched(body[Symbol.iterator](), onProgress)),
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

function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / PIECE_BYTES);
  return Array.from({ length: count }, (_, nth) => bytes.subarray(nth * PIECE_BYTES, (nth + 1) * PIECE_BYTES));
}
