/** Where what waits comes from. */
export interface PausableSource {
  pause(): void;
  resume(): void;
}

/**
 * The bound of a queue between a source that pushes and a reader that takes: beyond it the source is paused, until the reader has taken
 * everything.
 */
export class Backlog {
  readonly #limit: number;
  readonly #source: PausableSource;
  #size = 0;
  #isPaused = false;

  /** @param limit - In whatever unit `add` counts. */
  constructor(limit: number, source: PausableSource) {
    this.#limit = limit;
    this.#source = source;
  }

  /** What waits, as `add` counted it. */
  get size(): number {
    return this.#size;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** So much more waits. */
  add(size: number): void {
    this.#size += size;
    if (this.#size <= this.#limit || this.#isPaused) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#size = 0;
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resume();
  }
}
