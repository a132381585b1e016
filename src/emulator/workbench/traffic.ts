/** How an exchange ended: as it should, cut (FIN) or reset (RST) by the server's side, or left by the client. */
export type Ending = "finished" | "cut" | "reset" | "left";

/** What passes in the course of an exchange, in the order in which it passed. */
export type Passed =
  /** The head of an HTTP answer, or of the answer to a WebSocket handshake. */
  | { readonly kind: "answer"; readonly status: number; readonly headers: readonly Header[] }
  /** An event of a stream, framed as the service frames them: `event:`, `data:`, an empty line. */
  | { readonly kind: "event"; readonly type: string; readonly data: string }
  /** Any other piece of an HTTP body. */
  | { readonly kind: "body"; readonly data: string | Uint8Array }
  /** A message of the client's on a WebSocket, and one of the server's. A string is a text frame. */
  | { readonly kind: "sent" | "received"; readonly data: string | Uint8Array }
  | { readonly kind: "end"; readonly how: Ending; readonly code?: number; readonly reason?: string };

/** Something that passed, and when. */
export type Entry = Passed & {
  /** Milliseconds since the exchange began. */
  readonly atMs: number;
};

export type Header = readonly [name: string, value: string];

/** What an exchange begins with: an HTTP request, or a WebSocket handshake. */
export interface ExchangeHead {
  readonly carrier: "http" | "websocket";
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** As sent, in wire order. */
  readonly headers: readonly Header[];
  /** After content decoding. */
  readonly body: Uint8Array;
  /** Which TCP connection, counted from 1. */
  readonly connection: number;
}

export interface TrafficListener {
  begun?(exchange: Exchange): void;
  passed?(exchange: Exchange, entry: Entry): void;
}

/** One HTTP request with its answer, or one WebSocket connection, while it passes and afterwards. */
export class Exchange {
  /** Counted from 1. */
  readonly id: number;
  readonly head: ExchangeHead;
  /** Unix milliseconds. */
  readonly begunAt: number;
  readonly entries: Entry[] = [];
  readonly #startedAt = performance.now();
  readonly #tell: (exchange: Exchange, entry: Entry) => void;
  #isOver = false;

  constructor(id: number, head: ExchangeHead, tell: (exchange: Exchange, entry: Entry) => void) {
    this.id = id;
    this.head = head;
    this.begunAt = Date.now();
    this.#tell = tell;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing passes after the end: of several ends the first counts, since whoever cuts a connection also sees it close. */
  pass(passed: Passed): void {
    if (this.#isOver) return;
    if (passed.kind === "end") this.#isOver = true;
    const entry = { ...passed, atMs: performance.now() - this.#startedAt };
    this.#tell(this, entry);
  }

  answered(status: number, headers: Readonly<Record<string, unknown>>): void {
    this.pass({ kind: "answer", status, headers: headerList(headers) });
  }

  end(how: Ending, close: { readonly code?: number; readonly reason?: string } = {}): void {
    this.pass({ kind: "end", how, ...close });
  }
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
  }
}

function sizeOf(entry: Entry): number {
  return "data" in entry ? entry.data.length : 0;
}

function headerList(headers: Readonly<Record<string, unknown>>): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value]): readonly Header[] => {
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((single): Header => [name, String(single)]);
  });
}
