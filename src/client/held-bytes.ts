import { Buffer } from "node:buffer";
import type { RawText } from "./raw-text.ts";

const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;
/** A smaller piece is copied: the object that stands for it costs more than its bytes. */
const LEAST_KEPT = 4096;

/**
 * Bytes that come in pieces and are wanted in one: joined once, so that many cost linear time, and held in memory of the order of their number,
 * however small the pieces are. A piece of one byte kept as it came is an object of a hundred, and may hold the whole network read around it.
 */
export class HeldBytes {
  #parts: Uint8Array[] = [];
  /** The last part, where it is a block that small pieces are copied into. */
  #block: Buffer | undefined;
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    // The first one as it is: mostly the rest comes with the next, and is handed on at once.
    if (this.#length === 0 || isWorthKeeping(piece)) {
      this.#endBlock();
      this.#parts.push(piece);
    } else this.#copy(piece);
    this.#length += piece.length;
  }

  addText(text: RawText): void {
    this.add(Buffer.from(text, "latin1"));
  }

  /** Everything, and `last` behind it; nothing is held any more. */
  take(last?: Uint8Array): Uint8Array {
    this.#endBlock();
    const parts = this.#parts;
    if (last && last.length > 0) parts.push(last);
    this.#parts = [];
    this.#length = 0;
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  #copy(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0) {
      this.#block ??= Buffer.allocUnsafeSlow(Math.min(Math.max(this.#length, SMALLEST_BLOCK), LARGEST_BLOCK));
      const fits = rest.subarray(0, this.#block.length - this.#used);
      this.#block.set(fits, this.#used);
      this.#used += fits.length;
      if (this.#used === this.#block.length) this.#endBlock();
      rest = rest.subarray(fits.length);
    }
  }

  #endBlock(): void {
    if (!this.#block) return;
    this.#parts.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}

/** Large, and no small part of a larger piece of memory that would stay with it. */
function isWorthKeeping(piece: Uint8Array): boolean {
  return piece.length >= LEAST_KEPT && piece.length * 2 >= piece.buffer.byteLength;
}
