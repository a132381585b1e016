import { AbortedError, LimitError, StreamError } from "../../../client/failure/kinds.ts";

/** A queue: the name of a lane, or undefined for the default one. */
export type Line = string | undefined;

interface Waiter {
  readonly line: Line;
  enter(): void;
  refuse(error: unknown): void;
}

export interface TurnOptions {
  /** How many requests may run at a time, each of another lane. Default 1. */
  readonly atOnce?: number | undefined;
  /** How many may wait. Default: any number. */
  readonly mostWaiting?: number | undefined;
  /** A further condition on the lanes that run; call `admit` when its result may have changed. Default: none. */
  readonly mayEnter?: ((inside: ReadonlySet<Line>) => boolean) | undefined;
}

/**
 * Admits requests to a connection: one at a time of each lane, and `atOnce` in all. The others wait in order of arrival. A later request
 * goes first only if there is room for it while the earlier one's lane is busy.
 */
export class RequestTurns {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #mayEnter: (inside: ReadonlySet<Line>) => boolean;
  readonly #inside = new Set<Line>();
  readonly #waiting = new Set<Waiter>();
  #isClosed = false;

  constructor({
    atOnce = 1,
    mostWaiting = Number.POSITIVE_INFINITY,
    mayEnter: condition = () => true,
  }: TurnOptions = {}) {
    this.#atOnce = atOnce;
    this.#mostWaiting = mostWaiting;
    this.#mayEnter = condition;
  }

  /**
   * Resolves when it is the caller's turn, which lasts until `leave`.
   *
   * @throws {@link StreamError} The connection closed first. {@link AbortedError} The signal fired while it waited. {@link LimitError} Too
   *   many requests wait.
   */
  enter(line: Line, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.#isClosed) return Promise.reject(connectionClosed());
    if (this.#hasRoom(line)) {
      this.#inside.add(line);
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#mostWaiting) return Promise.reject(tooManyWait(this.#mostWaiting));
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      const waiter: Waiter = {
        line,
        enter: () => done(resolve),
        refuse: (error: unknown) => done(() => reject(error)),
      };
      const onAbort = () => waiter.refuse(new AbortedError(signal?.reason));
      this.#waiting.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** How many requests would go before one that enters this lane now. */
  ahead(line: Line): number {
    return this.#hasRoom(line) ? 0 : this.#inside.size + this.#waiting.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  leave(line: Line): void {
    this.#inside.delete(line);
    this.admit();
  }

  /** Admits waiting requests for which there is room now. */
  admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom(waiter.line)) continue;
      this.#inside.add(waiter.line);
      waiter.enter();
    }
  }

  /** Turns all requests away from now on. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.refuse(connectionClosed());
  }

  #hasRoom(line: Line): boolean {
    return this.#inside.size < this.#atOnce && !this.#inside.has(line) && this.#mayEnter(this.#inside);
  }
}

export function connectionClosed(): StreamError {
  return new StreamError("websocket connection is closed");
}

function tooManyWait(limit: number): LimitError {
  return new LimitError(
    `${limit} requests wait for this connection already; ask again when some are answered, or use another connection`,
    { what: "waiting requests", limit, unit: "requests" },
  );
}
