const TICK_MS = 4;

const due = new Map<number, (() => void)[]>();

/** Calls back at a given time, a few milliseconds late at most: a thousand waiting streams share one timer per tick. */
function callAt(timeMs: number, callback: () => void): void {
  const tick = Math.ceil(timeMs / TICK_MS);
  const waiting = due.get(tick);
  if (waiting) {
    waiting.push(callback);
    return;
  }
  due.set(tick, [callback]);
  setTimeout(
    () => {
      const callbacks = due.get(tick) ?? [];
      due.delete(tick);
      for (const call of callbacks) call();
    },
    Math.max(0, tick * TICK_MS - performance.now()),
  );
}

/** The waits of one stream, one after the other; all end when the signal fires. */
export class Nap {
  readonly #signal: AbortSignal;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.wake(), { once: true });
  }

  /** @param timeMs - on the clock of `performance.now()`. */
  until(timeMs: number): Promise<void> {
    if (this.#signal.aborted || timeMs <= performance.now()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      callAt(timeMs, resolve);
    });
  }

  wake(): void {
    this.#wake?.();
  }
}
