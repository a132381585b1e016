import { Buffer } from "node:buffer";
import { objectList } from "./object-list.ts";
import type { RawText } from "./raw-text.ts";

const SMALLEST_BLOCK = 1024;
const LARGEST_BLOCK = 1024 * 1024;
/** Smaller pieces are copied: the object for a piece costs more than its bytes. */
const LEAST_KEPT = 4096;

/**
 * Collects bytes that arrive in pieces and are needed as one. They are joined once, so the time is linear, and the memory used is
 * proportional to their number, however small the pieces are. Kept as received, a piece of one byte would be an object of a hundred bytes
 * and might hold the whole network read in memory.
 */
export class HeldBytes {
  #parts = objectList<Uint8Array>();
  /** The last part, if it is a block that small pieces are copied into. */
  #block: Buffer | undefined;
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    // The first piece is not copied, because the rest usually arrives with the next one.
    if (this.#length === 0 || isWorthKeeping(piece)) {
      this.#endBlock();
      this.#parts.push(piece);
    } else this.#copy(piece);
    this.#length += piece.length;
  }

  addText(text: RawText): void {
    this.add(Buffer.from(text, "latin1"));
  }

  /** Returns everything followed by `last`, and releases it. */
  take(last?: Uint8Array): Uint8Array {
    this.#endBlock();
    const parts = this.#parts;
    if (last && last.length > 0) parts.push(last);
    this.#parts = objectList();
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

/** True for a large piece that is not a small part of a larger buffer. */
function isWorthKeeping(piece: Uint8Array): boolean {
  return piece.length >= LEAST_KEPT && piece.length * 2 >= piece.buffer.byteLength;
}
