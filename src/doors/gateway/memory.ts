/** What is held for those who may come back: it makes room for those who are there. */
export interface IdleMemory {
  readonly idleBytes: number;
  /** Gives up at least so many bytes, as far as there are as many. */
  giveUp(bytes: number): void;
}

/**
 * One bound to what all requests of a gateway hold together, in bytes of their texts. Requests have their share until they are over; what is kept of
 * those before them gives way first.
 */
export class HeldMemory {
  readonly #most: number;
  readonly #idle: IdleMemory;
  #held = 0;

  constructor(most: number, idle: IdleMemory) {
    this.#most = most;
    this.#idle = idle;
  }

  /** False where there is no room; nothing is taken then. */
  take(bytes: number): boolean {
    const wanted = this.#held + bytes;
    if (wanted > this.#most) return false;
    const surplus = wanted + this.#idle.idleBytes - this.#most;
    if (surplus > 0) this.#idle.giveUp(surplus);
    this.#held = wanted;
    return true;
  }

  giveBack(bytes: number): void {
    this.#held -= bytes;
  }

  get room(): number {
    return this.#most - this.#held;
  }
}

/** What one request holds of it. */
export class MemoryShare {
  readonly #memory: HeldMemory;
  #bytes = 0;
  #isReleased = false;

  constructor(memory: HeldMemory) {
    this.#memory = memory;
  }

  /** False where there is no room, or the request is over. */
  take(bytes: number): boolean {
    if (this.#isReleased || !this.#memory.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** As much as there is room for; returns how much. */
  takeUpTo(bytes: number): number {
    const most = Math.min(bytes, this.#memory.room);
    return this.take(most) ? most : 0;
  }

  giveBack(bytes: number): void {
    if (this.#isReleased) return;
    this.#bytes -= bytes;
    this.#memory.giveBack(bytes);
  }

  /** All of it, once. */
  release(): void {
    this.giveBack(this.#bytes);
    this.#isReleased = true;
  }
}
