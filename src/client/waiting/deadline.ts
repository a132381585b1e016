import { Failure } from "../failure/failure.ts";
import { AbortedError, TimeoutError } from "../failure/kinds.ts";
import { milliseconds } from "../options.ts";
import { clampDelay } from "./idle-timer.ts";

export interface DeadlineOptions {
  /** In milliseconds; 0 for none. */
  readonly timeoutMs: number;
  /** The caller's own signal; it ends the work as the deadline does, but with its own error. */
  readonly signal?: AbortSignal | undefined;
  /** What did not happen in time, for the message: `no complete answer from …`. */
  readonly what: string;
}

/**
 * Runs `work` with a time limit, under a signal that fires when the limit is over or the caller aborts.
 *
 * @throws {@link BuildError} The limit is invalid. {@link TimeoutError} The limit is over. {@link AbortedError} The caller's signal fired.
 *   Otherwise the errors of `work`.
 */
export async function withDeadline<Result>(
  { timeoutMs, signal, what }: DeadlineOptions,
  work: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  if (signal?.aborted) throw new AbortedError(signal.reason);
  if (milliseconds("the time limit", timeoutMs) === 0) return work(signal);
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const late = new TimeoutError(`${what} within ${timeoutMs} ms`, { phase: "headers", timeoutMs });
  const timer = setTimeout(() => controller.abort(late), clampDelay(timeoutMs));
  try {
    return await work(controller.signal);
  } catch (error) {
    throw Failure.is(error) && error.cause === late ? late : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
