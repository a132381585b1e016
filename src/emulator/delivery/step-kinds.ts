import {
  anything,
  check,
  choice,
  either,
  type Kind,
  type Kinds,
  listOf,
  number,
  record,
  shape,
  text,
  toggle,
  whole,
} from "../checking/kinds.ts";
import type { Step } from "./script.ts";

type Names<Of> = Of extends unknown ? keyof Of : never;

const FIRST = { firstTokenMs: number(0) };
export const PACE: Kind = either(
  choice("none", "human"),
  shape({ tokensPerSecond: number(0.001) }, FIRST),
  shape({ charactersPerSecond: number(0.001) }, FIRST),
  shape({ delayMsPerWord: number(0) }, FIRST),
);

const ANSWER: Kind = shape({}, { status: whole(100, 599), headers: record, body: anything });
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
  status: whole(100, 599),
  headers: record,
  body: anything,
  events: anything,
  raw: anything,
  frames: anything,
  resetBeforeHeaders: toggle,
  stallBeforeHeaders: toggle,
  resetAfterEvents: COUNT,
  terminateAfterEvents: COUNT,
  endAfterEvents: COUNT,
  stallAfterEvents: COUNT,
  close: shape({ code: whole(1000, 4999) }, { reason: text }),
  keepAliveEveryMs: number(1),
  chunkBytes: whole(1),
  refuse: either(choice("stall", "reset"), ANSWER),
  accept: shape({}, { headers: record, silent: toggle }),
} satisfies Record<Names<Step>, Kind> & Kinds;

/** @throws An error: a misspelt name would be a fault that never happens. */
export function checkStep(step: object, where: string): void {
  check(step, STEP, where);
}
