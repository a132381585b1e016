import { list } from "./options.ts";

/**
 * A large request body as a list of its pieces: no block of memory of its whole size is needed, and a transport lets each piece go once it
 * is sent. Unlike another byte stream it can be read again, so that it can be retried and redirected.
 */
export class BodyPieces implements AsyncIterable<Uint8Array> {
  readonly #pieces: readonly Uint8Array[];
  readonly byteLength: number;

  /** @throws {@link BuildError} `pieces` is no list. */
  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = list("the pieces of BodyPieces", pieces, "a list of byte arrays");
    this.byteLength = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Not a generator: that would keep the pieces after its end. */
  [Symbol.iterator](): IterableIterator<Uint8Array> {
    const rest = [...this.#pieces];
    const iterator: IterableIterator<Uint8Array> = {
      [Symbol.iterator]: () => iterator,
      next() {
        const value = rest.shift();
        return value ? { done: false, value } : { done: true, value: undefined };
      },
    };
    return iterator;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    yield* this[Symbol.iterator]();
  }

  /** A copy in one block. */
  joined(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
