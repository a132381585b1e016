/** A longer number cannot be a count of events. */
const LIMIT = 1e15;

/** Watches `sequence_number`, so that missing events are noticed. */
export class SequenceNumbers {
  #last: number | undefined;
  /** Events since the last known number whose own number was not read; each may have had one. */
  #unread = 0;

  /** The number that the next event should have; undefined if none had one. */
  get next(): number | undefined {
    return this.#last === undefined ? undefined : this.#last + 1 + this.#unread;
  }

  /** @returns False if numbers are missing between this event and the last one with a number. */
  follows(number: unknown): boolean {
    if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number >= LIMIT) {
      this.#unread += 1;
      return true;
    }
    const expected = this.next ?? number;
    this.#last = number;
    this.#unread = 0;
    return number <= expected;
  }

  /** Counts events that were checked elsewhere: consecutive numbers, or none at all. */
  more(count: number): void {
    if (this.#last !== undefined && this.#unread === 0) this.#last += count;
    else this.#unread += count;
  }
}
