import { setMaxListeners } from "node:events";
import { AbortedError } from "./errors.ts";

/**
 * Waits for somebody else's work no longer than the signal allows. Work that goes on after that is heard by nobody, its failure neither.
 *
 * @throws {@link AbortedError} The signal fired; else what `work` throws.
 */
export async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  if (!signal) return work();
  if (signal.aborted) throw new AbortedError(signal.reason);
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new AbortedError(signal.reason));
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** One signal may end any number of requests at once: Node shall not warn of a leak where there is none. */
export function allowManyListeners(signal: AbortSignal | undefined): void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
}
