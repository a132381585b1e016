import {
  anything,
  check,
  choice,
  either,
  type Kind,
  type Kinds,
  LONGEST_TIMER_MS,
  listOf,
  number,
  record,
  shape,
  text,
  toggle,
  whole,
} from "../checking/kinds.ts";
import { isFields } from "../fields.ts";
import { isHeaderValue } from "../headers.ts";
import type { Step } from "./script.ts";

type Names<Of> = Of extends unknown ? keyof Of : never;

const FIRST = { firstTokenMs: number(0, LONGEST_TIMER_MS) };
export const PACE: Kind = either(
  choice("none", "human"),
  shape({ tokensPerSecond: number(0.001) }, FIRST),
  shape({ charactersPerSecond: number(0.001) }, FIRST),
  shape({ delayMsPerWord: number(0, LONGEST_TIMER_MS) }, FIRST),
);

/** RFC 9110 §5.1. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

function headersOf(what: string, accepts: (value: unknown) => boolean): Kind {
  return {
    what: `an object, each entry ${what} that a header can hold`,
    accepts: (value) =>
      isFields(value) && Object.entries(value).every(([name, each]) => HEADER_NAME.test(name) && accepts(each)),
  };
}

const isHeaderText = (value: unknown): boolean => typeof value === "string" && isHeaderValue(value);
const HEADERS = headersOf(
  "a string, or a list of strings,",
  (value) => value === undefined || [value].flat().every(isHeaderText),
);
const STATUS = whole(200, 599); // what is below is no answer yet
const ANSWER: Kind = shape({}, { status: STATUS, headers: HEADERS, body: anything });

const isPiece = (value: unknown): boolean => typeof value === "string" || value instanceof Uint8Array;
/** A list, whose entries are looked through, or a generator, whose are not there yet. */
const areItems = (value: unknown, accepts: (entry: unknown) => boolean): boolean =>
  typeof value === "object" &&
  value !== null &&
  !isPiece(value) &&
  (Symbol.iterator in value || Symbol.asyncIterator in value) &&
  (!Array.isArray(value) || value.every(accepts));
const EVENTS: Kind = {
  what: "a list of events, or a generator of them",
  accepts: (value) => areItems(value, (event) => event !== undefined),
};
const FRAMES: Kind = {
  what: "a list of strings and bytes, or a generator of them",
  accepts: (value) => areItems(value, isPiece),
};

/** The codes of a close frame that a server may send (RFC 6455 §7.4), and its longest reason (§5.5). */
const CLOSE_CODE: Kind = either(whole(1000, 1003), whole(1007, 1014), whole(3000, 4999));
const CLOSE_REASON: Kind = {
  what: "a string of at most 123 bytes",
  accepts: (value) => typeof value === "string" && Buffer.byteLength(value) <= 123,
};
const COUNT: Kind = either(whole(0), { what: "Infinity", accepts: (value) => value === Number.POSITIVE_INFINITY });

/** What a step may hold. */
const STEP = {
  answer: text,
  toolCalls: listOf(shape({ name: text }, { namespace: text, arguments: anything, input: text })),
  refusal: text,
  reasoning: text,
  items: listOf(record),
  incomplete: text,
  failed: shape({ code: text, message: text }),
  pace: PACE,
  status: STATUS,
  headers: HEADERS,
  body: anything,
  events: EVENTS,
  raw: either({ what: "a string, or bytes", accepts: isPiece }, FRAMES),
  frames: FRAMES,
  resetBeforeHeaders: toggle,
  stallBeforeHeaders: toggle,
  resetAfterEvents: COUNT,
  terminateAfterEvents: COUNT,
  endAfterEvents: COUNT,
  stallAfterEvents: COUNT,
  close: shape({ code: CLOSE_CODE }, { reason: CLOSE_REASON }),
  keepAliveEveryMs: number(1, LONGEST_TIMER_MS),
  chunkBytes: whole(1),
  refuse: either(choice("stall", "reset"), ANSWER),
  accept: shape({}, { headers: headersOf("a string", isHeaderText), silent: toggle }),
} satisfies Record<Names<Step>, Kind> & Kinds;

/** @throws An error: a misspelt name would be a fault that never happens. */
export function checkStep(step: object, where: string): void {
  check(step, STEP, where);
}
