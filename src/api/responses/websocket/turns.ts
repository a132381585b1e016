import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";
import { interruptible } from "../../../client/waiting/interruptible.ts";
import { connectionClosed } from "../../../client/websocket/index.ts";

/** Undefined for the lane without a name. */
export type LaneName = string | undefined;

interface Waiter {
  readonly lane: LaneName;
  enter(): void;
  refuse(error: unknown): void;
}

export interface TurnOptions {
  /** How many requests may run at a time, each of another lane. Default 1. */
  readonly atOnce?: number | undefined;
  /** How many may wait. Default: any number. */
  readonly mostWaiting?: number | undefined;
  /** A further condition on the lanes that run; call `admit` when its result may have changed. Default: none. */
  readonly mayEnter?: ((inside: ReadonlySet<LaneName>) => boolean) | undefined;
}

/**
 * Admits requests to a connection: one at a time of each lane, and `atOnce` in all. The others wait in order of arrival. A later request
 * goes first only if there is room for it while the earlier one's lane is busy.
 */
export class RequestTurns {
  readonly #atOnce: number;
  readonly #mostWaiting: number;
  readonly #mayEnter: (inside: ReadonlySet<LaneName>) => boolean;
  readonly #inside = new Set<LaneName>();
  readonly #waiting = new Set<Waiter>();
  #isClosed = false;

  constructor({ atOnce = 1, mostWaiting = Number.POSITIVE_INFINITY, mayEnter = () => true }: TurnOptions = {}) {
    this.#atOnce = atOnce;
    this.#mostWaiting = mostWaiting;
    this.#mayEnter = mayEnter;
  }

  /**
   * Resolves when it is the caller's turn, which lasts until `leave`.
   *
   * @throws {@link StreamError} The connection closed first. {@link AbortedError} The signal fired while it waited. {@link LimitError} Too
   *   many requests wait.
   */
  enter(lane: LaneName, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(new AbortedError(signal.reason));
    if (this.#isClosed) return Promise.reject(connectionClosed());
    if (this.#hasRoom(lane)) {
      this.#inside.add(lane);
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#mostWaiting) return Promise.reject(tooManyWait(this.#mostWaiting));
    return interruptible({ signal }, (resolve, reject) => {
      const waiter: Waiter = { lane, enter: resolve, refuse: reject };
      this.#waiting.add(waiter);
      return () => void this.#waiting.delete(waiter);
    });
  }

  /** How many requests would go before one that enters this lane now. */
  ahead(lane: LaneName): number {
    return this.#hasRoom(lane) ? 0 : this.#inside.size + this.#waiting.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  leave(lane: LaneName): void {
    this.#inside.delete(lane);
    this.admit();
  }

  /** Admits waiting requests for which there is room now. */
  admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom(waiter.lane)) continue;
      this.#inside.add(waiter.lane);
      waiter.enter();
    }
  }

  /** Turns all requests away from now on. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiting) waiter.refuse(connectionClosed());
  }

  #hasRoom(lane: LaneName): boolean {
    return this.#inside.size < this.#atOnce && !this.#inside.has(lane) && this.#mayEnter(this.#inside);
  }
}

function tooManyWait(limit: number): LimitError {
  return new LimitError(
    `${limit} requests wait for this connection already; ask again when some are answered, or use another connection`,
    { what: "waiting requests", limit, unit: "requests" },
  );
}
