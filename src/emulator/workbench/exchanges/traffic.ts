import { Exchange } from "./exchange.ts";
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
  readonly #exchanges = new Map<number, Exchange>();
  readonly #sizes = new Map<number, number>();
  readonly #listeners = new Set<TrafficListener>();
  readonly #limit: number;
  #count = 0;
  #size = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** The exchanges that are kept, oldest first. */
  get exchanges(): Iterable<Exchange> {
    return this.#exchanges.values();
  }

  get(id: number): Exchange | undefined {
    return this.#exchanges.get(id);
  }

  begin(head: ExchangeHead): Exchange {
    this.#count += 1;
    const exchange = new Exchange(this.#count, head, this.#passed);
    this.#exchanges.set(exchange.id, exchange);
    this.#grow(exchange, head.body.length);
    for (const listener of this.#listeners) listener.begun?.(exchange);
    return exchange;
  }

  /** @returns Ends it. */
  listen(listener: TrafficListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly #passed = (exchange: Exchange, entry: Entry): void => {
    if (this.#exchanges.has(exchange.id)) {
      exchange.entries.push(entry);
      this.#grow(exchange, sizeOf(entry));
    }
    for (const listener of this.#listeners) listener.passed?.(exchange, entry);
  };

  #grow(exchange: Exchange, size: number): void {
    this.#size += size;
    this.#sizes.set(exchange.id, (this.#sizes.get(exchange.id) ?? 0) + size);
    while (this.#exchanges.size > this.#limit || (this.#size > MOST_KEPT && this.#exchanges.size > 1)) {
      const [oldest = 0] = this.#exchanges.keys();
      this.#size -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
      this.#exchanges.delete(oldest);
    }
    if (this.#size > MOST_KEPT) this.#shorten(exchange);
  }

  /** A connection that lives for days is one exchange: the older half of what passed on it goes. */
  #shorten(exchange: Exchange): void {
    const gone = exchange.entries.splice(0, Math.ceil(exchange.entries.length / 2));
    const size = gone.reduce((sum, entry) => sum + sizeOf(entry), 0);
    this.#size -= size;
    this.#sizes.set(exchange.id, (this.#sizes.get(exchange.id) ?? 0) - size);
  }
}

function sizeOf(entry: Entry): number {
  return "data" in entry ? entry.data.length : 0;
}
