import { newestUserText } from "../model/dialogue.ts";
import type { RecordedRequest } from "./recorded-request.ts";

/** What the emulator did with one request. */
export interface JournalEntry {
  readonly request: RecordedRequest;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
  /** The test it belongs to, from the header `x-emulator-test`. */
  readonly test: string | undefined;
  /**
   * Text of the newest user message in its conversation; empty if there is none. A request that continues a response or a conversation
   * has the text from there once it is being answered.
   */
  readonly text: string;
  /** Who answered it; undefined while it is not answered. */
  readonly answeredBy: "model" | "script" | "scenario" | "recording" | "upstream" | "nobody" | undefined;
  /** The rule of the scenario that matched: its `name`, or its number from 1. */
  readonly rule: string | undefined;
  /** Why no rule of the scenario matched, one line per rule. */
  readonly mismatches: readonly string[];
}

const NONE: readonly string[] = [];
const DEFAULT_LIMIT = 1000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
export const TEST_HEADER = "x-emulator-test";

interface JournalListener {
  changed(): void;
  closed(): void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The requests that a server got and what it decided about each, with ways to wait for them. Old ones are dropped above a number, and above
 * 64 MiB of bodies.
 */
export class Journal {
  readonly entries: Mutable<JournalEntry>[] = [];
  readonly requests: RecordedRequest[] = [];
  readonly #limit: number;
  readonly #listeners = new Set<JournalListener>();
  #bodyBytes = 0;
  #arrived = 0;
  #taken = 0;
  #closedResponses = 0;
  #closedWebSockets = 0;
  #isClosed = false;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  arrived(request: RecordedRequest): void {
    this.requests.push(request);
    this.entries.push({
      request,
      arrivedAt: Date.now(),
      test: request.headers[TEST_HEADER],
      text: newestUserText(request.json),
      answeredBy: undefined,
      rule: undefined,
      mismatches: NONE,
    });
    this.#arrived += 1;
    this.#bodyBytes += request.body.length;
    while (this.requests.length > this.#limit || (this.#bodyBytes > MAX_BODY_BYTES && this.requests.length > 1)) {
      const oldest = this.requests.shift();
      this.#bodyBytes -= oldest?.body.length ?? 0;
      if (this.entries[0]?.request === oldest) this.entries.shift();
    }
    this.#tell();
  }

  decided(request: RecordedRequest, decision: Partial<Omit<JournalEntry, "request" | "arrivedAt" | "test">>): void {
    const entry = this.entries.findLast((each) => each.request === request); // one of the newest
    if (!entry) return;
    const { text } = entry;
    Object.assign(entry, decision);
    if (entry.text !== text) this.#tell();
  }

  responseClosed(): void {
    this.#closedResponses += 1;
    this.#tell();
  }

  websocketClosed(): void {
    this.#closedWebSockets += 1;
    this.#tell();
  }

  /** The first request that was not returned yet, or the next to arrive. Rejects if it was dropped, or when the journal is closed. */
  async nextRequest(): Promise<RecordedRequest> {
    const index = this.#taken++;
    await this.#until(() => this.#arrived > index);
    const request = this.requests[index - (this.#arrived - this.requests.length)];
    if (!request)
      throw new Error(`request ${index + 1} was dropped: the emulator keeps the last ${this.#limit} (recordLimit)`);
    return request;
  }

  waitForClosedResponses(count: number): Promise<void> {
    return this.#until(() => this.#closedResponses >= count);
  }

  waitForClosedWebSockets(count: number): Promise<void> {
    return this.#until(() => this.#closedWebSockets >= count);
  }

  /** @returns Stops listening. */
  listen(listener: JournalListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets what was decided so far. */
  clear(): void {
    this.entries.length = 0;
  }

  /** Nothing more will come. */
  close(): void {
    this.#isClosed = true;
    for (const { closed } of this.#listeners) closed();
  }

  async #until(isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    if (this.#isClosed) throw closedError();
    await new Promise<void>((resolve, reject) => {
      const stop = this.listen({
        changed() {
          if (!isDone()) return;
          stop();
          resolve();
        },
        closed: () => reject(closedError()),
      });
    });
  }

  #tell(): void {
    for (const { changed } of this.#listeners) changed();
  }
}

function closedError(): Error {
  return new Error("the emulator was closed while something waited for it");
}
