import { setMaxListeners } from "node:events";
import { unlessInterrupted } from "./interruptible.ts";

/**
 * Waits for somebody else's work no longer than the signal allows. Work that goes on after that is heard by nobody, its failure neither.
 *
 * @throws {@link AbortedError} The signal fired; else what `work` throws.
 */
export function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  return unlessInterrupted({ signal }, work);
}

/** One signal may end any number of requests at once: Node shall not warn of a leak where there is none. */
export function allowManyListeners(signal: AbortSignal | undefined): void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
}
