import { BoundedMap } from "../bounded-map.ts";
import type { Fields } from "../fields.ts";
import type { ResponseMemory } from "../responses/kept/memory.ts";
import { ServiceError } from "../service-error.ts";

const MOST_LANES = 32;
const MOST_IN_FLIGHT = 16;
const MOST_WAITING = 1000;
const NAME = /^[A-Za-z0-9_.-]{1,256}$/;

/** One of the conversations on a connection: its requests are answered one after the other. */
export class Lane {
  /** Undefined for the default lane. */
  readonly name: string | undefined;
  /** The service keeps only the newest response of a lane. */
  readonly memory: ResponseMemory = new BoundedMap(1);
  /** Resolves when all its requests so far are answered. */
  queue: Promise<void> = Promise.resolve();

  constructor(name: string | undefined) {
    this.name = name;
  }
}

/** The lanes of one connection, and how many of them run at a time. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>([["", new Lane(undefined)]]);
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #asked = 0;

  /**
   * The lane that a frame names.
   *
   * @throws {@link ServiceError} 400 for an invalid name, and for the 33rd.
   */
  of({ stream_id: name }: Fields): Lane {
    if (name !== undefined && (typeof name !== "string" || !NAME.test(name))) {
      throw new ServiceError(400, {
        message: "Invalid 'stream_id': expected 1 to 256 characters of A-Z, a-z, 0-9, '_', '.', and '-'.",
        param: "stream_id",
        code: "invalid_stream_id",
      });
    }
    const known = this.#lanes.get(name ?? "");
    if (known) return known;
    if (this.#lanes.size > MOST_LANES) {
      throw new ServiceError(400, {
        message: `This connection has ${MOST_LANES} streams already. Use one of them, or a new connection.`,
        param: "stream_id",
        code: "websocket_stream_limit_reached",
      });
    }
    const lane = new Lane(name);
    this.#lanes.set(name ?? "", lane);
    return lane;
  }

  /** The newest response of the lane, or of another lane, in which case the conversation forks. */
  recall(own: Lane, responseId: string): readonly Fields[] | undefined {
    const lanes = [own, ...this.#lanes.values()];
    return lanes.map(({ memory }) => memory.get(responseId)).find((found) => found !== undefined);
  }

  /**
   * Runs something when its lane and the connection have room for it.
   *
   * @throws {@link ServiceError} 429 if too many requests wait.
   */
  enqueue(lane: Lane, run: () => Promise<void>): void {
    if (this.#asked >= MOST_WAITING) {
      throw new ServiceError(429, { message: "Too many requests wait on this connection.", code: "slow_down" });
    }
    this.#asked += 1;
    lane.queue = lane.queue.then(async () => {
      await this.#room();
      try {
        await run();
      } finally {
        this.#asked -= 1;
        this.#inFlight -= 1;
        this.#waiting.shift()?.();
      }
    });
  }

  async #room(): Promise<void> {
    if (this.#inFlight >= MOST_IN_FLIGHT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inFlight += 1;
  }
}
