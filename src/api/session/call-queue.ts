import { AbortedError } from "../../client/errors.ts";

/** Lets one call in at a time, in the order of asking. */
export class CallQueue {
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;

  /**
   * Resolves when it is this caller's turn, with what ends it; ending twice does no harm.
   *
   * @throws {@link AbortedError} The signal fired while others were before him.
   */
  enter(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new AbortedError(signal.reason));
      const admit = (): void => {
        signal.removeEventListener("abort", onAbort);
        this.#isBusy = true;
        resolve(this.#exit());
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        reject(new AbortedError(signal.reason));
      };
      if (!this.#isBusy) return admit();
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(admit);
    });
  }

  #exit(): () => void {
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#isBusy = false;
      this.#waiting.shift()?.();
    };
  }
}
