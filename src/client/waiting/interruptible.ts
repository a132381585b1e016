import { AbortedError } from "../failure/kinds.ts";
import { clampDelay } from "./idle-timer.ts";

export interface Interruptions {
  /** Ends the wait with an {@link AbortedError}. */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds; 0 or undefined for no limit. */
  readonly timeoutMs?: number | undefined;
  /** Creates the error of a wait that took too long. */
  readonly lateError?: (() => Error) | undefined;
}

/**
 * A wait that ends once: with one of the two functions passed to `start`, with the signal, or with the time limit. However it ends, no
 * timer, no listener and nothing that `start` set up is left behind.
 *
 * @param start - Not called if the signal has already fired. The function that it returns is called when the wait is over.
 */
export function interruptible<Result>(
  { signal, timeoutMs = 0, lateError }: Interruptions,
  start: (resolve: (result: Result) => void, reject: (error: unknown) => void) => (() => void) | undefined,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new AbortedError(signal.reason));
    let isOver = false;
    let release: (() => void) | undefined;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      release?.();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const onAbort = () => fail(new AbortedError(signal?.reason));
    const timer = timeoutMs > 0 ? setTimeout(() => fail(lateError?.()), clampDelay(timeoutMs)) : undefined;
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      release = start((result) => {
        end();
        resolve(result);
      }, fail);
    } catch (error) {
      fail(error);
    }
    if (isOver) release?.();
  });
}

/**
 * The same for a promise. The result of work that continues after the end is ignored, including errors. An answer that is there at once is
 * not waited for.
 */
export async function unlessInterrupted<Result>(
  interruptions: Interruptions,
  work: () => Result | PromiseLike<Result>,
): Promise<Result> {
  const { signal } = interruptions;
  if (signal?.aborted) throw new AbortedError(signal.reason);
  const begun = work();
  if (!isPromise(begun)) return begun;
  const settled = Promise.resolve(begun);
  settled.catch(() => {}); // the wait may be over already: the work itself can have ended it
  return interruptible(interruptions, (resolve, reject) => {
    settled.then(resolve, reject);
    return undefined;
  });
}

function isPromise<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof (value as Partial<PromiseLike<Result>> | undefined | null)?.then === "function";
}
