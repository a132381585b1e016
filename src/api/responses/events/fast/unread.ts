import { asBuffer, type RawData, type RawText, rawTextOf } from "../../../../client/raw-text.ts";
import { rowOf, saysNothing } from "../registry.ts";

/** An event that need not be parsed. */
export interface UnreadEvent {
  readonly type: string;
  /** Where it stands near the beginning or the end. */
  readonly sequenceNumber: number | undefined;
}

/**
 * An event that need not be parsed: nothing in it is for the caller, or it repeats what pieces have told. It is known by its beginning
 * and its end, and must have both (parity: `stream/unread-on-trust`).
 *
 * @returns Undefined where the event has to be parsed.
 */
export function unreadEvent(raw: RawData): UnreadEvent | undefined {
  if (typeof raw === "string") return unreadIn(raw, raw);
  // Instructions of many kilobytes that are not read are not even made into characters.
  const ends = rawTextOf(raw.subarray(0, END_BYTES)) + rawTextOf(raw.subarray(-END_BYTES));
  return unreadIn(ends, asBuffer(raw));
}

/** More than what tells the type. */
const END_BYTES = 256;

function unreadIn(ends: RawText, whole: RawText | Buffer): UnreadEvent | undefined {
  const told = typeIn(ends);
  const type = told === undefined ? undefined : knownUnread(told);
  if (type === undefined || !ends.endsWith("}") || saysMore(whole)) return undefined;
  const number = SEQUENCE_NUMBER.exec(ends)?.[1];
  return { type, sequenceNumber: number === undefined ? undefined : Number(number) };
}

const SEQUENCE_NUMBER = /"sequence_number": ?([0-9]{1,15})[,}]/;

// As JSON.stringify begins an event, and as Python's json.dumps does.
const COMPACT = '{"type":"';
const SPACED = '{"type": "';
// Gateways that sort the fields put the type last. An error's own type may stand there too, if the event is cut off: none begins so.
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

/** Types that were met, each with itself where it may stay unread. */
const met = new Map<RawText, string | undefined>();

function knownUnread(type: RawText): string | undefined {
  if (met.has(type)) return met.get(type);
  if (!TYPE_NAME.test(type)) return undefined;
  // A text of its own: cut out of its event, it would keep the whole read in memory.
  const own = Buffer.from(type, "latin1").toString("latin1");
  const unread = saysNothing(own) || rowOf(own)?.repeats !== undefined ? own : undefined;
  if (met.size < MOST_TYPES) met.set(own, unread);
  return unread;
}

/**
 * The headers of an answer, and that it is held back, may stand in any event; a text has no bare quote inside, so that this finds fields; without
 * the first quote, since a search that begins with a rarer sign is quicker. A line end shows that a server forgot the blank line between two events.
 */
function saysMore(raw: RawText | Buffer): boolean {
  return raw.includes('headers"') || raw.includes('buffering"') || raw.includes("\n");
}
