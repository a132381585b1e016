/** The source that fills a queue. */
export interface PausableSource {
  pause(): void;
  resume(): void;
}

/**
 * Limits a queue between a source that pushes and a reader that takes: above the limit the source is paused until the reader has taken
 * everything.
 */
export class Backlog {
  readonly #limit: number;
  readonly #source: PausableSource;
  #size = 0;
  #isPaused = false;

  /** @param limit - In the unit that `add` counts. */
  constructor(limit: number, source: PausableSource) {
    this.#limit = limit;
    this.#source = source;
  }

  /** The size of everything queued, as counted by `add`. */
  get size(): number {
    return this.#size;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Counts a queued value. */
  add(size: number): void {
    this.#size += size;
    if (this.#size > this.#limit) this.pause();
  }

  /** Pauses the source before the limit is reached. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  /** Nothing is queued any more. */
  clear(): void {
    this.#size = 0;
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resume();
  }
}
