import { decodeRawText, type RawText } from "../../client/raw-text.ts";
import type { CreatedEvent } from "../responses/events.ts";
import {
  type DecodedDelta,
  outputTextDelta,
  reasoningTextDelta,
  summaryTextDelta,
  UNKNOWN_TYPE,
} from "./event-decoder.ts";

/** What an event means, and its wire type. */
export interface ScannedEvent {
  readonly type: string;
  readonly decoded: DecodedDelta | CreatedEvent;
}

/** Nearly all events of a stream are deltas, and theirs are short. */
const LONGEST_DELTA = 4096;

/**
 * Reads what makes up nearly all of a stream without parsing it: deltas, and the echoes of a request at the beginning.
 *
 * @returns What `decodeWireEvent` makes of the parsed event; undefined where the event has to be parsed.
 */
export function scanEvent(raw: RawText): ScannedEvent | undefined {
  return raw.length <= LONGEST_DELTA ? scanDelta(raw) : scanEcho(raw);
}

// JSON as the grammar has it (RFC 8259), without what a delta event does not hold: nested values and, outside the delta, signs that need care.
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
const TEXT = String.raw`[^"\\\x00-\x1f]*(?:${ESCAPE}[^"\\\x00-\x1f]*)*`;
const PLAIN = String.raw`[ !#-\[\]-~]*`;
const COUNT = "(?:0|[1-9][0-9]{0,14})";
const FIELD = String.raw`"(?!type"|delta")[a-z_]+": ?(?:"${PLAIN}"|${COUNT}|\[\]|null)`;
const TYPE = String.raw`"type": ?"(response\.[a-z_.]+\.delta)"`;
// Services put the type first; gateways that sort the fields, last.
const DELTA_EVENT = new RegExp(
  String.raw`^\{(?:${TYPE}, ?)?(?:${FIELD}, ?)*"delta": ?("(${PLAIN})"|"${TEXT}")(?:, ?${FIELD})*(?:, ?${TYPE})?\}$`,
);
// Quotes inside a text are escaped, so that these find fields alone.
const SUMMARY_INDEX = new RegExp(`"summary_index": ?(${COUNT})`);
const CONTENT_INDEX = new RegExp(`"content_index": ?(${COUNT})`);

/**
 * One expression recognizes the whole event, in a third of the time in which `JSON.parse` makes an object of eight fields where one is
 * wanted; of a delta that nobody reads, such as a tool's input, nothing is decoded at all.
 */
function scanDelta(raw: RawText): ScannedEvent | undefined {
  const found = DELTA_EVENT.exec(raw);
  const told = found?.[1] ?? found?.[4];
  if (!found || told === undefined || (found[1] !== undefined && found[4] !== undefined)) return undefined;
  switch (told) {
    case TEXT_DELTA:
      return { type: TEXT_DELTA, decoded: outputTextDelta(deltaOf(found)) };
    case SUMMARY_DELTA:
      if (isRepeated(raw, '"summary_index":')) return undefined;
      return { type: SUMMARY_DELTA, decoded: summaryTextDelta(deltaOf(found), indexIn(raw, SUMMARY_INDEX)) };
    case REASONING_DELTA:
      if (isRepeated(raw, '"content_index":')) return undefined;
      return { type: REASONING_DELTA, decoded: reasoningTextDelta(deltaOf(found), indexIn(raw, CONTENT_INDEX)) };
    default:
      return { type: ownType(told), decoded: UNKNOWN_TYPE };
  }
}

const TEXT_DELTA = "response.output_text.delta";
const SUMMARY_DELTA = "response.reasoning_summary_text.delta";
const REASONING_DELTA = "response.reasoning_text.delta";

const ownTypes = new Map<string, string>();
const MOST_TYPES = 100;

/** A text of its own: cut out of its event, a type would keep the whole read in memory as long as an observer keeps the type. */
function ownType(told: RawText): string {
  const known = ownTypes.get(told);
  if (known !== undefined) return known;
  const type = String(JSON.parse(`"${told}"`));
  if (ownTypes.size < MOST_TYPES) ownTypes.set(type, type);
  return type;
}

/** Of a field that is there twice `JSON.parse` takes the last. */
function isRepeated(raw: RawText, field: string): boolean {
  return raw.indexOf(field) !== raw.lastIndexOf(field);
}

/** V8 copies parts of a text that are shorter than 13 characters; a longer one stays a view of the whole. */
const LONGEST_COPY = 12;

/** A longer text is parsed even where it holds no escape: as a view it would keep the whole read in memory as long as itself. */
function deltaOf(found: RegExpExecArray): unknown {
  const plain = found[3];
  if (plain !== undefined && plain.length <= LONGEST_COPY) return plain;
  return JSON.parse(decodeRawText(found[2] ?? ""));
}

function indexIn(raw: RawText, index: RegExp): number | undefined {
  const digits = index.exec(raw)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const ECHO =
  /^\{"type": ?"response\.(created|in_progress|queued)", ?"sequence_number": ?[0-9]+, ?"response": ?\{"id": ?"/;

/**
 * Events that tell of a response's beginning repeat the whole request, instructions and tools included, and mean nothing but themselves. Their
 * beginning and end are looked at, the rest is taken on trust (parity: `sse/echo-on-trust`). Only `headers` in them would say more, and then
 * they are parsed; as a field it has bare quotes, which no text has inside.
 */
function scanEcho(raw: RawText): ScannedEvent | undefined {
  const state = ECHO.exec(raw)?.[1];
  if (state === undefined || !raw.endsWith("}}") || raw.includes('"headers"')) return undefined;
  return { type: `response.${state}`, decoded: state === "created" ? { type: "created" } : UNKNOWN_TYPE };
}
