import { type BodyCutter, cutterFor } from "./body.ts";
import type { Ending, Entry, ExchangeHead, Header, Passed } from "./passed.ts";

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
  #contentType = "";
  #body: BodyCutter | undefined;

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
    if (passed.kind === "answer") this.#contentType = contentTypeIn(passed.headers);
    if (passed.kind === "end") {
      for (const rest of this.#body?.end() ?? []) this.pass(rest);
      this.#isOver = true;
    }
    this.#tell(this, { ...passed, atMs: performance.now() - this.#startedAt });
  }

  /** Bytes of the answer's body as they pass; the events of a stream are found in them. */
  body(chunk: Uint8Array): void {
    this.#body ??= cutterFor(this.#contentType);
    for (const piece of this.#body.push(chunk)) this.pass(piece);
  }

  /** The head of the answer. */
  answered(status: number, headers: Readonly<Record<string, unknown>>): void {
    this.pass({ kind: "answer", status, headers: headerList(headers) });
  }

  end(how: Ending, close: { readonly code?: number; readonly reason?: string } = {}): void {
    this.pass({ kind: "end", how, ...close });
  }
}

function headerList(headers: Readonly<Record<string, unknown>>): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value]): readonly Header[] => {
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((single): Header => [name, String(single)]);
  });
}

function contentTypeIn(headers: readonly Header[]): string {
  return headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}
