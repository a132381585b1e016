import { asBuffer, type RawData, type RawText, rawTextOf } from "../../../client/raw-text.ts";
import { scanDelta } from "./delta-scanner.ts";
import { CREATED, created, isReadType, type ScannedEvent, UNKNOWN_TYPE } from "./event-decoder.ts";

type Scanner = (raw: RawText) => ScannedEvent | undefined;

/**
 * Reads what makes up nearly all of a stream without parsing it: deltas, and whatever says nothing to the caller, such as a text that is
 * repeated when it is complete, and the echo of the request at the beginning.
 *
 * @returns Undefined where the event has to be parsed. Of a delta, what `decodeWireEvent` makes of it; of the others too, as far as they
 *   are what they look like (parity: `stream/unread-on-trust`).
 */
export function scanEvent(raw: RawData): ScannedEvent | undefined {
  return typeof raw === "string" ? (scanDelta(raw) ?? scanByType(raw)) : scanLongEvent(raw);
}

/** More than what tells the type. */
const END_BYTES = 256;

/** Instructions of many kilobytes that nobody reads are not even made into characters. */
function scanLongEvent(bytes: Uint8Array): ScannedEvent | undefined {
  const ends = rawTextOf(bytes.subarray(0, END_BYTES)) + rawTextOf(bytes.subarray(-END_BYTES));
  const scanned = scanByType(ends);
  return scanned && !saysMore(asBuffer(bytes)) ? scanned : undefined;
}

function scanByType(raw: RawText): ScannedEvent | undefined {
  const type = typeIn(raw);
  return type === undefined ? undefined : scannerOf(type)(raw);
}

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

const scanners = new Map<RawText, Scanner>([[CREATED, scanCreated]]);

function scannerOf(type: RawText): Scanner {
  const known = scanners.get(type);
  if (known) return known;
  if (!TYPE_NAME.test(type)) return leave;
  // A text of its own: cut out of its event, it would keep the whole read in memory.
  const own = Buffer.from(type, "latin1").toString("latin1");
  const scanner = isReadType(own) ? leave : scannerOfUnread(own);
  if (scanners.size < MOST_TYPES) scanners.set(own, scanner);
  return scanner;
}

/** What has to be parsed. */
function leave(): undefined {
  return undefined;
}

function scannerOfUnread(type: string): Scanner {
  const scanned: ScannedEvent = Object.freeze({ type, decoded: UNKNOWN_TYPE });
  return (raw) => (raw.endsWith("}") && !saysMore(raw) ? scanned : undefined);
}

const CREATED_START = new RegExp(
  String.raw`^\{"type": ?"${CREATED.replace(".", String.raw`\.`)}", ?(?:"sequence_number": ?[0-9]+, ?)?"response": ?\{"`,
);

/** It repeats the whole request, instructions and tools included, and means nothing but itself. */
function scanCreated(raw: RawText): ScannedEvent | undefined {
  if (!CREATED_START.test(raw) || !raw.endsWith("}}") || saysMore(raw)) return undefined;
  return { type: CREATED, decoded: created() };
}

/**
 * The headers of an answer may stand in any event; a text has no bare quote inside, so that this finds fields; without its first quote,
 * since a search that begins with a rarer sign is quicker. A line end shows that a server forgot the blank line between two events.
 */
function saysMore(raw: RawText | Buffer): boolean {
  return raw.includes('headers"') || raw.includes("\n");
}
