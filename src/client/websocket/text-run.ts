import { type Buffer, isUtf8 } from "node:buffer";
import { LONG, type RawData, rawTextOf } from "../raw-text.ts";

/** A byte that may separate two messages of a run. */
export const LINE_END = 0x0a;

/** Consecutive text messages in a buffer, which are checked and converted to strings by one call for all of them. */
export class TextRun {
  /** Start and end of each message, alternating; entries after the first `#count` are left from earlier runs. */
  readonly #bounds: number[] = [];
  #count = 0;

  add(start: number, end: number): void {
    this.#bounds[this.#count] = start;
    this.#bounds[this.#count + 1] = end;
    this.#count += 2;
  }

  /**
   * Moves the messages to `messages`, up to the first one that is not UTF-8.
   *
   * @param isScratch - The bytes will be overwritten.
   * @returns True if all are UTF-8.
   */
  moveTo(messages: RawData[], bytes: Buffer, isScratch: boolean): boolean {
    const count = this.#count;
    if (count === 0) return true;
    this.#count = 0;
    const bounds = this.#bounds;
    const areUtf8 = isUtf8(bytes.subarray(bounds[0], bounds[count - 1]));
    let text = "";
    let textStart = 0;
    let textEnd = 0;
    for (let nth = 0; nth < count; nth += 2) {
      const from = bounds[nth] as number;
      const to = bounds[nth + 1] as number;
      if (!areUtf8 && !isUtf8(bytes.subarray(from, to))) return false;
      if (to - from > LONG) {
        messages.push(kept(bytes.subarray(from, to), isScratch));
        continue;
      }
      if (from >= textEnd) {
        textStart = from;
        textEnd = this.#endOfShort(nth, count);
        text = rawTextOf(bytes.subarray(textStart, textEnd));
      }
      messages.push(text.slice(from - textStart, to - textStart));
    }
    return true;
  }

  /** Where the messages from the `nth` bound on end that become strings. */
  #endOfShort(nth: number, count: number): number {
    const bounds = this.#bounds;
    let next = nth + 2;
    while (next < count && (bounds[next + 1] as number) - (bounds[next] as number) <= LONG) next += 2;
    return bounds[next - 1] as number;
  }
}

function kept(bytes: Buffer, isScratch: boolean): Uint8Array {
  return isScratch ? Uint8Array.prototype.slice.call(bytes) : bytes;
}
