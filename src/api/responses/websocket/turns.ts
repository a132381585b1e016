import { AbortedError, LimitError, StreamError } from "../../../client/failure/kinds.ts";

/** Which line somebody stands in; undefined for the only one, or the default one. */
export type Line = string | undefined;

interface Waiter {
  readonly line: Line;
  enter(): void;
  refuse(error: unknown): void;
}

export interface TurnOptions {
  /** How many may be in at a time, each from another line. Default 1. */
  readonly atOnce?: number | undefined;
  /** How many may wait. Default: any number. */
  readonly mostWaiting?: number | undefined;
  /** A further condition, by who is in; `admit` is called when it may have changed. Default: none. */
  readonly mayEnter?: ((inside: ReadonlySet<Line>) => boolean) | undefined;
}

/**
 * Lets requests onto a connection: of each line one at a time, and of all of them `atOnce`. The others wait in the order in which they came: a
 * later one goes first only where there is room for it and none for the earlier one, whose line is taken.
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
   * @throws {@link StreamError} The connection closed first. {@link AbortedError} The signal fired while it waited. {@link LimitError} Too many wait.
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

  /** How many would be before whoever enters this line now. */
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

  /** Lets in for whom there is room by now. */
  admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom(waiter.line)) continue;
      this.#inside.add(waiter.line);
      waiter.enter();
    }
  }

  /** Turns everybody away, from now on. */
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
