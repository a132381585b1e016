import { type BodyCutter, cutterFor } from "./body.ts";
import { entriesOf, type Kept, sizeOf } from "./kept.ts";
import type { Ending, Entry, ExchangeHead, Passed } from "./passed.ts";

/** One HTTP request with its answer, or one WebSocket connection, while it is running and afterwards. */
export class Exchange {
  /** Counted from 1. */
  readonly id: number;
  readonly head: ExchangeHead;
  /** Unix milliseconds. */
  readonly begunAt: number;
  readonly #kept: Kept[] = [];
  #size: number;
  #isKept = true;
  readonly #startedAt = performance.now();
  readonly #tell: (exchange: Exchange, kept: Kept) => void;
  #isOver = false;
  #answerHeaders: Readonly<Record<string, unknown>> = {};
  #body: BodyCutter | undefined;

  constructor(id: number, head: ExchangeHead, tell: (exchange: Exchange, kept: Kept) => void) {
    this.id = id;
    this.head = head;
    this.begunAt = Date.now();
    this.#size = head.body.length;
    this.#tell = tell;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The entries so far, as far as they are kept. */
  get entries(): readonly Entry[] {
    return this.#kept.flatMap(entriesOf);
  }

  /** Reports one thing that passed. Nothing counts after the first end: the side that cuts a connection also sees it close. */
  pass(passed: Passed): void {
    if (this.#isOver) return;
    if (passed.kind === "answer") this.#answerHeaders = Object.fromEntries(passed.headers);
    if (passed.kind === "end") {
      for (const rest of this.#body?.end() ?? []) this.pass(rest);
      this.#isOver = true;
    }
    this.#tell(this, { ...passed, atMs: this.#nowMs });
  }

  /** Reports bytes of the answer's body; the events of a stream are found in them. */
  body(chunk: Uint8Array): void {
    this.#body ??= cutterFor(contentTypeIn(this.#answerHeaders));
    for (const piece of this.#body.push(chunk)) this.pass(piece);
  }

  /** Reports the head of the answer. */
  answered(status: number, headers: Readonly<Record<string, unknown>>): void {
    if (this.#isOver) return;
    this.#answerHeaders = headers;
    this.#tell(this, { atMs: this.#nowMs, status, headers });
  }

  /** Reports events that were sent together, each framed as `event:`, `data:` and an empty line. @internal */
  framed(frames: string): void {
    if (!this.#isOver) this.#tell(this, { atMs: this.#nowMs, frames });
  }

  end(how: Ending, close: { readonly code?: number; readonly reason?: string } = {}): void {
    this.pass({ kind: "end", how, ...close });
  }

  /** Size of the kept entries, in characters. @internal */
  get size(): number {
    return this.#size;
  }

  /** True if entries are kept. @internal */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** @returns The number of characters. @internal */
  keep(kept: Kept): number {
    const size = sizeOf(kept);
    this.#kept.push(kept);
    this.#size += size;
    return size;
  }

  /** Drops all entries, and keeps no more. @returns The number of characters dropped. @internal */
  letGo(): number {
    this.#isKept = false;
    return this.#size;
  }

  /** Drops the older half of the entries. @returns The number of characters dropped. @internal */
  forgetHalf(): number {
    const size = this.#kept.splice(0, Math.ceil(this.#kept.length / 2)).reduce((sum, kept) => sum + sizeOf(kept), 0);
    this.#size -= size;
    return size;
  }

  get #nowMs(): number {
    return performance.now() - this.#startedAt;
  }
}

function contentTypeIn(headers: Readonly<Record<string, unknown>>): string {
  const name = Object.keys(headers).find((each) => each.toLowerCase() === "content-type");
  return name === undefined ? "" : String(headers[name]);
}
