import { Buffer } from "node:buffer";
import { keepShape } from "../kept-shapes.ts";

const CR = 0x0d;
const LF = 0x0a;

// What the next byte is part of.
const SIZE = 0;
const LF_AFTER_SIZE = 1;
const DATA = 2;
const CR_AFTER_DATA = 3;
const LF_AFTER_DATA = 4;
type Part = typeof SIZE | typeof LF_AFTER_SIZE | typeof DATA | typeof CR_AFTER_DATA | typeof LF_AFTER_DATA;

/** A longer size is left to the parser. */
const MOST_DIGITS = 8;
/** What the parser gets in place of a missing line end after data: it expects a size there, and this is none. */
const NO_SIZE = "\r\n";

/**
 * Takes the data of a body in chunks (RFC 9112 §7.1) out of what arrives on a connection, before it comes to undici's parser, which needs several
 * times as long. The parser gets what is left: an empty body in chunks, that is the last chunk and the trailers. From a byte on that
 * is not in the plain form of a chunk it gets everything, because it has the rules and the errors.
 */
export class ChunkedBody {
  readonly #onData: (data: Buffer) => void;
  #part: Part = SIZE;
  /** The size of the current chunk, as far as it is read; then what of its data is still to come. */
  #left = 0;
  #digits = 0;
  #isOver = false;

  constructor(onData: (data: Buffer) => void) {
    this.#onData = onData;
  }

  /** All further bytes are for the parser. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Delivers the data in `bytes` as one piece, which it moves together there.
   *
   * @returns What is left for the parser; undefined if that is nothing.
   */
  take(bytes: Buffer): Buffer | undefined {
    let rest: Buffer | undefined;
    let from = 0;
    let to = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#part === DATA) {
        const end = Math.min(at + this.#left, bytes.length);
        if (to === 0) from = at;
        else bytes.copyWithin(to, at, end);
        to = to === 0 ? end : to + end - at;
        this.#left -= end - at;
        if (this.#left === 0) this.#part = CR_AFTER_DATA;
        at = end;
      } else if (this.#reads(bytes[at] as number)) at += 1;
      else {
        rest = this.#leave(bytes.subarray(at));
        break;
      }
    }
    if (to > 0) this.#onData(bytes.subarray(from, to));
    return rest;
  }

  /** Reads a byte between data. @returns False if it is not in its place. */
  #reads(byte: number): boolean {
    switch (this.#part) {
      case SIZE: {
        if (byte === CR && this.#left > 0) {
          this.#part = LF_AFTER_SIZE;
          return true;
        }
        const digit = hexDigit(byte);
        if (digit === undefined || this.#digits === MOST_DIGITS) return false;
        this.#left = this.#left * 16 + digit;
        this.#digits += 1;
        return true;
      }
      case LF_AFTER_SIZE:
        if (byte !== LF) return false;
        this.#part = DATA;
        this.#digits = 0;
        return true;
      case CR_AFTER_DATA:
        if (byte !== CR) return false;
        this.#part = LF_AFTER_DATA;
        return true;
      default:
        if (byte !== LF) return false;
        this.#part = SIZE;
        return true;
    }
  }

  /** @returns The bytes, and before them what was read of the same part. */
  #leave(bytes: Buffer): Buffer {
    this.#isOver = true;
    const size = this.#digits > 0 ? this.#left.toString(16) : "";
    const before = this.#part === SIZE ? size : this.#part === LF_AFTER_SIZE ? `${size}\r` : NO_SIZE;
    return Buffer.concat([Buffer.from(before, "latin1"), bytes]);
  }
}

keepShape(new ChunkedBody(() => {}));

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
