import { Exchange } from "./exchange.ts";
import { entriesOf, type Kept, sizeOf } from "./kept.ts";
import type { Entry, ExchangeHead } from "./passed.ts";

export interface TrafficListener {
  begun?(exchange: Exchange): void;
  passed?(exchange: Exchange, entry: Entry): void;
}

const DEFAULT_LIMIT = 1000;
const MOST_KEPT = 32 * 1024 * 1024;

/**
 * What passes through a server, for whoever wants to record, show or assert on it. It keeps the newest exchanges: as many as `limit`, and
 * about 32 Mi characters of what passed.
 */
export class Traffic {
  /** What is kept, oldest first, with its size in characters. */
  readonly #sizes = new Map<Exchange, number>();
  readonly #listeners = new Set<TrafficListener>();
  readonly #limit: number;
  #count = 0;
  #size = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** The exchanges that are kept, oldest first. */
  get exchanges(): Iterable<Exchange> {
    return this.#sizes.keys();
  }

  get(id: number): Exchange | undefined {
    for (const exchange of this.#sizes.keys()) if (exchange.id === id) return exchange;
    return undefined;
  }

  begin(head: ExchangeHead): Exchange {
    this.#count += 1;
    const exchange = new Exchange(this.#count, head, this.#passed);
    this.#grow(exchange, head.body.length);
    for (const listener of this.#listeners) listener.begun?.(exchange);
    return exchange;
  }

  /** @returns Ends it. */
  listen(listener: TrafficListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly #passed = (exchange: Exchange, kept: Kept): void => {
    if (this.#sizes.has(exchange)) {
      exchange.keep(kept);
      this.#grow(exchange, sizeOf(kept));
    }
    if (this.#listeners.size === 0) return;
    for (const entry of entriesOf(kept)) for (const listener of this.#listeners) listener.passed?.(exchange, entry);
  };

  #grow(exchange: Exchange, size: number): void {
    this.#size += size;
    this.#sizes.set(exchange, (this.#sizes.get(exchange) ?? 0) + size);
    while (this.#sizes.size > this.#limit || (this.#size > MOST_KEPT && this.#sizes.size > 1)) {
      const [oldest = exchange] = this.#sizes.keys();
      this.#size -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
    }
    if (this.#size > MOST_KEPT) this.#shorten(exchange);
  }

  /** A connection that lives for days is one exchange: the older half of what passed on it goes. */
  #shorten(exchange: Exchange): void {
    const size = exchange.forgetHalf();
    this.#size -= size;
    this.#sizes.set(exchange, (this.#sizes.get(exchange) ?? 0) - size);
  }
}
