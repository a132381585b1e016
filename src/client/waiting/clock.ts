import { inspect } from "node:util";
import { Failure } from "../failure/failure.ts";
import { BuildError } from "../failure/kinds.ts";
import { thrownText } from "../failure/thrown-text.ts";
import { unlessAborted } from "./abort.ts";
import { clampDelay } from "./idle-timer.ts";
import { interruptible } from "./interruptible.ts";

/** Time as the retry loop sees it; tests pass their own. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with {@link AbortedError} as soon as `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A caller's clock, whose faults are told as such. A sleep heeds the signal, whatever the clock makes of it.
 *
 * Its methods throw {@link BuildError}: the clock throws, or gives no time.
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

/** What a caller's function answers, a number that `isFit`. @throws {@link BuildError} Anything else, and what it throws. */
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
