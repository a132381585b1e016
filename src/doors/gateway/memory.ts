/** Memory of idle sessions, which can be freed when requests need it. */
export interface IdleMemory {
  readonly idleBytes: number;
  /** Frees at least this many bytes, or all there are. */
  giveUp(bytes: number): void;
}

/** One limit for the bodies of all requests under way, in bytes. If there is not enough room, idle sessions are closed first. */
export class HeldMemory {
  readonly #most: number;
  readonly #idle: IdleMemory;
  #held = 0;

  constructor(most: number, idle: IdleMemory) {
    this.#most = most;
    this.#idle = idle;
  }

  /** Reserves memory. False if there is not enough; then nothing is reserved. */
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

/** The memory that one request has reserved. */
export class MemoryShare {
  readonly #memory: HeldMemory;
  #bytes = 0;
  #isReleased = false;

  constructor(memory: HeldMemory) {
    this.#memory = memory;
  }

  /** False if there is not enough, or the request is over. */
  take(bytes: number): boolean {
    if (this.#isReleased || !this.#memory.take(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Reserves as much as there is, up to `bytes`; returns how much that is. */
  takeUpTo(bytes: number): number {
    const most = Math.min(bytes, this.#memory.room);
    return this.take(most) ? most : 0;
  }

  giveBack(bytes: number): void {
    if (this.#isReleased) return;
    this.#bytes -= bytes;
    this.#memory.giveBack(bytes);
  }

  /** Frees all of it, for good. */
  release(): void {
    this.giveBack(this.#bytes);
    this.#isReleased = true;
  }
}
