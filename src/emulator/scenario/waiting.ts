import { check as checkNames, LONGEST_TIMER_MS, number, text, whole } from "../checking/kinds.ts";
import { isFields } from "../fields.ts";
import type { Journal, JournalEntry } from "../journal/journal.ts";
import { checkCondition } from "./check.ts";
import { asksForResponse, checkOf } from "./condition.ts";
import { RequestFacts } from "./request-facts.ts";
import type { Condition } from "./scenario.ts";

export interface WaitOptions {
  /** How many matching requests there must be, including earlier ones. @default 1 */
  readonly count?: number | undefined;
  /** How long to wait, in milliseconds. @default 5 000 */
  readonly timeoutMs?: number | undefined;
  /** Only requests of the test with this id. By default those of all tests. */
  readonly test?: string | undefined;
}

const OPTIONS = { count: whole(1), timeoutMs: number(0), test: text } satisfies Record<keyof WaitOptions, unknown>;

const DEFAULT_TIMEOUT_MS = 5000;
const MOST_TOLD = 10;

/** @throws An error that says what is wrong: what is misspelt would have no effect, and the wait would end at once. */
export function checkWait(when: unknown, options: unknown = {}): void {
  if (!isFields(when)) throw new Error('waitForRequests needs an object of conditions, such as { text: "weather" }');
  if (!isFields(options))
    throw new Error("the second argument of waitForRequests must be an object, such as { timeoutMs: 5_000 }");
  checkCondition(when, "the condition of waitForRequests");
  checkNames(options, OPTIONS, "the second argument of waitForRequests");
}

/**
 * Waits until enough matching requests have arrived.
 *
 * @returns The requests, in order of arrival.
 * @throws An error if a condition or an option is unknown or of the wrong kind. Or after `timeoutMs`, or when the emulator is closed, one
 *   that says which requests came instead and how they differ.
 */
export async function waitForRequests(
  journal: Journal,
  when: Condition,
  options: WaitOptions = {},
): Promise<readonly JournalEntry[]> {
  checkWait(when, options);
  const { count = 1, timeoutMs = DEFAULT_TIMEOUT_MS, test } = options;
  const search = searchFor(when, test);
  let found = search(journal.entries);
  if (found.entries.length >= count) return found.entries;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(), Math.min(timeoutMs, LONGEST_TIMER_MS));
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
          : check(new RequestFacts(request, isModels ? turn : 0, text));
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
