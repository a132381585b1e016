import { asBuffer, type RawData, type RawText, rawTextOf } from "../../../../client/raw-text.ts";
import type { TextIndex, TextPlace } from "../../received/whole-texts.ts";
import { rowOf, saysNothing } from "../registry.ts";

/** An event that need not be parsed. */
export interface UnreadEvent {
  readonly type: string;
  /** Read from the start or the end of the event, if it is there. */
  readonly sequenceNumber: number | undefined;
  /** The text that it repeats in full, if there were deltas. Undefined for other events. */
  readonly repeats: TextPlace | undefined;
}

/**
 * Recognises an event that need not be parsed: nothing in it is for the caller, or it repeats what deltas have brought. Both its beginning
 * and its end must match (parity: `stream/unread-on-trust`).
 *
 * @returns Undefined if the event has to be parsed.
 */
export function unreadEvent(raw: RawData): UnreadEvent | undefined {
  if (typeof raw === "string") return unreadIn(raw, raw);
  // Large events that are not read, such as repeated instructions, are not even converted to a string.
  const ends = rawTextOf(raw.subarray(0, END_BYTES)) + rawTextOf(raw.subarray(-END_BYTES));
  return unreadIn(ends, asBuffer(raw));
}

/** Enough to contain the type. */
const END_BYTES = 256;

function unreadIn(ends: RawText, whole: RawText | Buffer): UnreadEvent | undefined {
  const told = typeIn(ends);
  const type = told === undefined ? undefined : knownUnread(told);
  if (type === undefined || !ends.endsWith("}") || saysMore(whole)) return undefined;
  const index = rowOf(type)?.repeats;
  const repeats = index && placeIn(ends, index);
  if (index !== undefined && repeats === undefined) return undefined;
  return { type, sequenceNumber: numberIn(ends, SEQUENCE_NUMBER), repeats };
}

/** Undefined if the event does not say its place near one of its ends. */
function placeIn(ends: RawText, index: TextIndex): TextPlace | undefined {
  const outputIndex = numberIn(ends, OUTPUT_INDEX);
  const partIndex = index === "none" ? undefined : numberIn(ends, PART_INDEX[index]);
  if (outputIndex === undefined || (index !== "none" && partIndex === undefined)) return undefined;
  return { index, outputIndex, partIndex };
}

function numberIn(ends: RawText, field: RegExp): number | undefined {
  const number = field.exec(ends)?.[1];
  return number === undefined ? undefined : Number(number);
}

const OUTPUT_INDEX = /"output_index": ?([0-9]{1,15})[,}]/;
const PART_INDEX = {
  content_index: /"content_index": ?([0-9]{1,15})[,}]/,
  summary_index: /"summary_index": ?([0-9]{1,15})[,}]/,
};

const SEQUENCE_NUMBER = /"sequence_number": ?([0-9]{1,15})[,}]/;

// The start of an event as JSON.stringify writes it, and as Python's json.dumps does.
const COMPACT = '{"type":"';
const SPACED = '{"type": "';
// Gateways that sort the fields put the type last. In a cut-off event an error's own type could be there, but no error begins like this.
const TYPE_AT_END = /^"type": ?"(response\.[\w.-]{1,100})"\}$/;

function typeIn(raw: RawText): RawText | undefined {
  const start = raw.startsWith(COMPACT) ? COMPACT.length : raw.startsWith(SPACED) ? SPACED.length : -1;
  if (start === -1) return typeAtEnd(raw);
  const end = raw.indexOf('"', start);
  return end === -1 ? undefined : raw.slice(start, end);
}

function typeAtEnd(raw: RawText): RawText | undefined {
  return raw.startsWith("{") ? TYPE_AT_END.exec(raw.slice(raw.lastIndexOf('"type":')))?.[1] : undefined;
}

const TYPE_NAME = /^[\w.-]{1,100}$/;
const MOST_TYPES = 100;

/** Types seen so far; the value is the type itself if such events need not be parsed. */
const met = new Map<RawText, string | undefined>();

function knownUnread(type: RawText): string | undefined {
  if (met.has(type)) return met.get(type);
  if (!TYPE_NAME.test(type)) return undefined;
  // A copy: a slice of the event would keep the whole network read in memory.
  const own = Buffer.from(type, "latin1").toString("latin1");
  const unread = saysNothing(own) || rowOf(own)?.repeats !== undefined ? own : undefined;
  if (met.size < MOST_TYPES) met.set(own, unread);
  return unread;
}

/**
 * Response headers and safety buffering may be reported in any event. Quotes inside texts are escaped, so this finds only fields. The
 * search omits the first quote, because a search that begins with a rarer character is faster. A line end means that the server left out
 * the blank line between two events.
 */
function saysMore(raw: RawText | Buffer): boolean {
  return raw.includes('headers"') || raw.includes('buffering"') || raw.includes("\n");
}
