import { Exchange } from "./exchange.ts";
import { entriesOf, type Kept } from "./kept.ts";
import type { Entry, ExchangeHead } from "./passed.ts";

export interface TrafficListener {
  begun?(exchange: Exchange): void;
  passed?(exchange: Exchange, entry: Entry): void;
}

const DEFAULT_LIMIT = 1000;
const MOST_KEPT = 32 * 1024 * 1024;

/**
 * The traffic of a server, for code that records, shows or checks it. It keeps the newest exchanges: as many as `limit`, and about 32 Mi
 * characters.
 */
export class Traffic {
  readonly #exchanges: Exchange[] = [];
  readonly #listeners = new Set<TrafficListener>();
  readonly #limit: number;
  #count = 0;
  /** Size of the kept exchanges, in characters. */
  #size = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** The kept exchanges, oldest first. */
  get exchanges(): Iterable<Exchange> {
    return this.#exchanges;
  }

  get(id: number): Exchange | undefined {
    return this.#exchanges.find((exchange) => exchange.id === id);
  }

  begin(head: ExchangeHead): Exchange {
    this.#count += 1;
    const exchange = new Exchange(this.#count, head, this.#passed);
    this.#exchanges.push(exchange);
    this.#size += exchange.size;
    this.#makeRoom(exchange);
    for (const listener of this.#listeners) listener.begun?.(exchange);
    return exchange;
  }

  /** @returns Stops listening. */
  listen(listener: TrafficListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly #passed = (exchange: Exchange, kept: Kept): void => {
    if (exchange.isKept) {
      this.#size += exchange.keep(kept);
      if (this.#size > MOST_KEPT) this.#makeRoom(exchange);
    }
    if (this.#listeners.size === 0) return;
    for (const entry of entriesOf(kept)) for (const listener of this.#listeners) listener.passed?.(exchange, entry);
  };

  #makeRoom(newest: Exchange): void {
    while (this.#exchanges.length > this.#limit || (this.#size > MOST_KEPT && this.#exchanges.length > 1)) {
      this.#size -= this.#exchanges.shift()?.letGo() ?? 0;
    }
    // A connection that lives for days is one exchange: the older half of its traffic is dropped.
    if (this.#size > MOST_KEPT && newest.isKept) this.#size -= newest.forgetHalf();
  }
}
