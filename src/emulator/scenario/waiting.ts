import type { Journal, JournalEntry } from "../journal/journal.ts";
import { asksForResponse, checkOf } from "./condition.ts";
import { Reading } from "./reading.ts";
import type { Condition } from "./scenario.ts";

export interface WaitOptions {
  /** How many matching requests there must be, including earlier ones. @default 1 */
  readonly count?: number | undefined;
  /** How long to wait, in milliseconds. @default 5 000 */
  readonly timeoutMs?: number | undefined;
  /** Only requests of the test with this id. By default those of all tests. */
  readonly test?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 5000;
const MOST_TOLD = 10;

/**
 * Waits until enough matching requests have arrived.
 *
 * @returns The requests, in order of arrival.
 * @throws An error after `timeoutMs`, or when the emulator is closed, that says which requests came instead and how they differ.
 */
export async function waitForRequests(
  journal: Journal,
  when: Condition,
  { count = 1, timeoutMs = DEFAULT_TIMEOUT_MS, test }: WaitOptions = {},
): Promise<readonly JournalEntry[]> {
  const search = searchFor(when, test);
  let found = search(journal.entries);
  if (found.entries.length >= count) return found.entries;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(), timeoutMs);
    const stop = journal.listen({
      changed() {
        found = search(journal.entries);
        if (found.entries.length >= count) end();
      },
      closed: () => end("the emulator was closed"),
    });
    function end(why = `${timeoutMs} ms`): void {
      clearTimeout(timer);
      stop();
      if (found.entries.length >= count) resolve(found.entries);
      else reject(new Error(failure(when, count, why, found)));
    }
  });
}

interface Found {
  readonly entries: readonly JournalEntry[];
  /** For all other requests: why they do not match. */
  readonly others: readonly (() => string)[];
}

function searchFor(when: Condition, test: string | undefined): (all: readonly JournalEntry[]) => Found {
  const check = checkOf(when);
  return (all) => {
    const entries: JournalEntry[] = [];
    const others: (() => string)[] = [];
    let turn = 0;
    for (const entry of all) {
      if (test !== undefined && entry.test !== test) continue;
      const { request, text } = entry;
      const isModels = asksForResponse(request);
      if (isModels) turn += 1;
      const fault =
        !isModels && when.path === undefined
          ? () => "it asks for no response"
          : check(new Reading(request, isModels ? turn : 0, text));
      if (fault) others.push(() => `${request.kind} ${request.method} ${request.path}: ${fault()}`);
      else entries.push(entry);
    }
    return { entries, others };
  };
}

function failure(when: Condition, count: number, why: string, { entries, others }: Found): string {
  const wanted = JSON.stringify(when, (_, value: unknown) => (value instanceof RegExp ? String(value) : value));
  const told =
    others.length === 0
      ? "nothing else came"
      : ["others were", ...others.slice(-MOST_TOLD).map((tell) => tell())].join("\n  ");
  return `of ${count} requests like ${wanted} ${entries.length} had come after ${why}; ${told}`;
}
