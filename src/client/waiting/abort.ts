import { setMaxListeners } from "node:events";
import { BuildError } from "../failure/kinds.ts";
import { unlessInterrupted } from "./interruptible.ts";

/**
 * Waits for `work` no longer than the signal allows. The result of work that continues after that is ignored, including errors.
 *
 * @throws {@link AbortedError} The signal fired; otherwise the errors of `work`.
 */
export function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  return unlessInterrupted({ signal }, work);
}

/**
 * Accepts a caller's signal. It may end any number of requests at once, so Node's warning about a listener leak is switched off for it.
 *
 * @throws {@link BuildError} It is not a signal, but for example an `AbortController`.
 */
export function acceptSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal === null) return;
  if (typeof signal.aborted !== "boolean" || typeof signal.addEventListener !== "function")
    throw new BuildError("signal must be an AbortSignal; that of an AbortController is its property `signal`");
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
}
