import { setMaxListeners } from "node:events";
import { BuildError } from "../failure/kinds.ts";
import { unlessInterrupted } from "./interruptible.ts";

/**
 * Waits for somebody else's work no longer than the signal allows. What becomes of work that goes on after that is ignored, its failure too.
 *
 * @throws {@link AbortedError} The signal fired; else what `work` throws.
 */
export function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  return unlessInterrupted({ signal }, work);
}

/**
 * Takes a caller's signal. It may end any number of requests at once: Node should not warn of a leak where there is none.
 *
 * @throws {@link BuildError} It is none; an `AbortController` is the commonest of those.
 */
export function acceptSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal === null) return;
  if (typeof signal.aborted !== "boolean" || typeof signal.addEventListener !== "function")
    throw new BuildError("signal must be an AbortSignal; that of an AbortController is its property `signal`");
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
}
