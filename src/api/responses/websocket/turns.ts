import { AbortedError, StreamError } from "../../../client/failure/kinds.ts";

interface Waiter {
  enter(): void;
  refuse(error: unknown): void;
}

/** Lets one request at a time onto a connection; the others wait in the order in which they came. */
export class RequestTurns {
  #isTaken = false;
  #isClosed = false;
  readonly #waiting = new Set<Waiter>();

  /**
   * Resolves when it is the caller's turn, which lasts until `leave`.
   *
   * @throws {@link StreamError} The connection closed first. {@link AbortedError} The signal fired while it waited.
   */
  enter(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.#isClosed) return Promise.reject(connectionClosed());
    if (!this.#isTaken) {
      this.#isTaken = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      const waiter = { enter: () => done(resolve), refuse: (error: unknown) => done(() => reject(error)) };
      const onAbort = () => waiter.refuse(new AbortedError(signal?.reason));
      this.#waiting.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** How many would be before whoever enters now. */
  get ahead(): number {
    return (this.#isTaken ? 1 : 0) + this.#waiting.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Hands the turn to the next one; false when nobody waits. */
  leave(): boolean {
    const [next] = this.#waiting;
    this.#isTaken = next !== undefined;
    next?.enter();
    return this.#isTaken;
  }

  /** Turns everybody away, from now on. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.refuse(connectionClosed());
  }
}

export function connectionClosed(): StreamError {
  return new StreamError("websocket connection is closed");
}
