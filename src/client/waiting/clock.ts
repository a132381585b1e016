import { clampDelay } from "./idle-timer.ts";
import { interruptible } from "./interruptible.ts";

/** Time as the retry loop sees it; tests pass their own. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with {@link AbortedError} as soon as `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    interruptible({ signal }, (resolve) => {
      const timer = setTimeout(resolve, clampDelay(ms));
      return () => clearTimeout(timer);
    }),
};
