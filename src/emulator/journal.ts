import type { RecordedRequest } from "./recording.ts";

/** What became of one request. */
export interface JournalEntry {
  readonly request: RecordedRequest;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
  /** The test it belongs to, from the header `x-emulator-test`. */
  readonly test: string | undefined;
  /** Who decided about it; undefined while nobody has. */
  readonly answeredBy: "model" | "script" | "scenario" | "recording" | "upstream" | "nobody" | undefined;
  /** The rule of the scenario that matched: its `name`, or its number from 1. */
  readonly rule: string | undefined;
  /** Why no rule of the scenario matched, one line a rule. */
  readonly mismatches: readonly string[];
}

const DEFAULT_LIMIT = 1000;
export const TEST_HEADER = "x-emulator-test";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the emulator decided, request by request; the newest, as many as requests are kept. */
export class Journal {
  readonly entries: JournalEntry[] = [];
  readonly #byRequest = new WeakMap<RecordedRequest, Mutable<JournalEntry>>();
  readonly #limit: number;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  arrived(request: RecordedRequest): void {
    const entry: Mutable<JournalEntry> = {
      request,
      arrivedAt: Date.now(),
      test: request.headers[TEST_HEADER],
      answeredBy: undefined,
      rule: undefined,
      mismatches: [],
    };
    this.#byRequest.set(request, entry);
    this.entries.push(entry);
    if (this.entries.length > this.#limit) this.entries.shift();
  }

  decided(request: RecordedRequest, decision: Partial<Pick<JournalEntry, "answeredBy" | "rule" | "mismatches">>): void {
    Object.assign(this.#byRequest.get(request) ?? {}, decision);
  }
}
