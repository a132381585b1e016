/**
 * Fires once if `touch` has not been called for `timeoutMs`. A touch only stores a number: on a busy stream, re-arming a timer for each
 * chunk costs more than the chunk. 0 switches it off. Time in which this process was too busy to read does not count against the peer: what
 * arrived meanwhile is read first.
 */
export class IdleTimer {
  readonly timeoutMs: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;
  #touchedAt = 0;

  constructor(timeoutMs: number, onIdle: () => void) {
    this.timeoutMs = timeoutMs;
    this.#onIdle = onIdle;
  }

  /** Starts, or starts again after `stop`; a running timer is only touched. */
  start(): void {
    this.touch();
    if (this.timeoutMs > 0 && !this.#timer) this.#arm(this.timeoutMs);
  }

  touch(): void {
    this.#touchedAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number, mayBeLate = true): void {
    const dueAt = performance.now() + delayMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const now = performance.now();
      const restMs = this.timeoutMs - (now - this.#touchedAt);
      // Node may fire a timer a fraction of a millisecond early.
      if (restMs >= 1) this.#arm(restMs);
      else if (mayBeLate && now - dueAt >= LATE_MS) this.#arm(CATCH_UP_MS, false);
      else this.#onIdle();
    }, clampDelay(delayMs));
  }
}

/** A timer that is this late shows that the process was busy. */
const LATE_MS = 5;
/** Enough to read and inflate what waits at the socket; inflating runs in another thread. */
const CATCH_UP_MS = 200;
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** `setTimeout` turns more than about 24.8 days into 1 ms; such a limit counts as none. */
export function clampDelay(delayMs: number): number {
  return Math.min(Math.max(Math.ceil(delayMs), 0), LONGEST_DELAY_MS);
}
