import { newestUserText } from "../model/dialogue.ts";
import type { RecordedRequest } from "./recording.ts";

/** What the emulator did with one request. */
export interface JournalEntry {
  readonly request: RecordedRequest;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
  /** The test it belongs to, from the header `x-emulator-test`. */
  readonly test: string | undefined;
  /**
   * Text of the newest user message in its conversation; empty if there is none. A request that goes on from a response or a conversation has what is known of
   * that once it is being answered.
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
export const TEST_HEADER = "x-emulator-test";

interface JournalListener {
  changed(): void;
  closed(): void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the emulator decided for each request; the newest ones, as many as requests are kept. */
export class Journal {
  readonly entries: Mutable<JournalEntry>[] = [];
  readonly #limit: number;
  readonly #listeners = new Set<JournalListener>();

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  arrived(request: RecordedRequest): void {
    const entry: Mutable<JournalEntry> = {
      request,
      arrivedAt: Date.now(),
      test: request.headers[TEST_HEADER],
      text: newestUserText(request.json),
      answeredBy: undefined,
      rule: undefined,
      mismatches: NONE,
    };
    this.entries.push(entry);
    if (this.entries.length > this.#limit) this.entries.shift();
    this.#tell();
  }

  /** @returns Stops listening. */
  listen(listener: JournalListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets everything so far. */
  clear(): void {
    this.entries.length = 0;
  }

  /** Nothing more will come. */
  close(): void {
    for (const { closed } of this.#listeners) closed();
  }

  decided(request: RecordedRequest, decision: Partial<Omit<JournalEntry, "request" | "arrivedAt" | "test">>): void {
    const entry = this.entries.findLast((each) => each.request === request); // one of the newest
    if (!entry) return;
    const { text } = entry;
    Object.assign(entry, decision);
    if (entry.text !== text) this.#tell();
  }

  #tell(): void {
    for (const { changed } of this.#listeners) changed();
  }
}
