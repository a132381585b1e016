import { inspect } from "node:util";
import { Failure } from "../failure/failure.ts";
import { BuildError } from "../failure/kinds.ts";
import { thrownText } from "../failure/thrown-text.ts";
import { unlessAborted } from "./abort.ts";
import { clampDelay } from "./idle-timer.ts";
import { interruptible } from "./interruptible.ts";

/** Time as the retry loop uses it; tests pass their own. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with {@link AbortedError} as soon as `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A caller's clock, whose faults are reported as such. A sleep ends with the signal, even if the clock ignores it. Its methods throw
 * {@link BuildError} if the clock throws or returns no valid time.
 */
export function steadyClock(clock: Clock): Clock {
  return {
    now: () => answerOf("now() of the clock", () => clock.now(), Number.isFinite),
    sleep: (ms, signal) =>
      unlessAborted(signal, async () => {
        try {
          await clock.sleep(ms, signal);
        } catch (cause) {
          throw Failure.is(cause) ? cause : faultOf("sleep() of the clock", `threw ${thrownText(cause)}`, cause);
        }
      }),
  };
}

/**
 * Calls a caller's function and returns its result, a number that `isFit` accepts. @throws {@link BuildError} Any other result or error.
 */
export function answerOf(name: string, ask: () => number, isFit: (value: number) => boolean): number {
  let value: unknown;
  try {
    value = ask();
  } catch (cause) {
    throw faultOf(name, `threw ${thrownText(cause)}`, cause);
  }
  if (typeof value === "number" && isFit(value)) return value;
  throw faultOf(name, `gave ${inspect(value, { depth: 0 })}`, undefined);
}

function faultOf(name: string, what: string, cause: unknown): BuildError {
  return new BuildError(`${name} that was given ${what}`, { cause });
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    interruptible({ signal }, (resolve) => {
      const timer = setTimeout(resolve, clampDelay(ms));
      return () => clearTimeout(timer);
    }),
};
