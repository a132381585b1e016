/** What has more digits is no count of events. */
const LIMIT = 1e15;

/** Watches `sequence_number`: events that never came show in it. */
export class SequenceNumbers {
  #last: number | undefined;
  /** Events since then whose number is not known: each may have had one. */
  #unread = 0;

  /** @returns False where numbers are missing between this event and the last one with a number. */
  follows(number: unknown): boolean {
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number >= LIMIT) {
      this.#unread += 1;
      return true;
    }
    const expected = this.#last === undefined ? number : this.#last + 1 + this.#unread;
    this.#last = number;
    this.#unread = 0;
    return number <= expected;
  }

  /** So many events followed, each with the next number, or all without one. */
  more(count: number): void {
    if (this.#last !== undefined && this.#unread === 0) this.#last += count;
    else this.#unread += count;
  }
}
