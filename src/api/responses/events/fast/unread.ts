import { asBuffer, type RawData, type RawText, rawTextOf } from "../../../../client/raw-text.ts";
import { rowOf, saysNothing } from "../registry.ts";

/** An event that need not be parsed. */
export interface UnreadEvent {
  readonly type: string;
  /** Read from the start or the end of the event, if it is there. */
  readonly sequenceNumber: number | undefined;
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
  const number = SEQUENCE_NUMBER.exec(ends)?.[1];
  return { type, sequenceNumber: number === undefined ? undefined : Number(number) };
}

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
