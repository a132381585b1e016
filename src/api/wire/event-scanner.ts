import type { RawText } from "../../client/raw-text.ts";
import type { CreatedEvent } from "../responses/events.ts";
import { scanDelta } from "./delta-scanner.ts";
import { CREATED, created, type DecodedDelta, isReadType, UNKNOWN_TYPE } from "./event-decoder.ts";

/** What an event means, and its wire type. */
export interface ScannedEvent {
  readonly type: string;
  readonly decoded: DecodedDelta | CreatedEvent;
}

type Scanner = (raw: RawText) => ScannedEvent | undefined;

/**
 * Reads what makes up nearly all of a stream without parsing it: deltas, and whatever says nothing to the caller, such as a text that is
 * repeated when it is complete, and the echo of the request at the beginning.
 *
 * @returns What `decodeWireEvent` makes of the parsed event; undefined where the event has to be parsed.
 */
export function scanEvent(raw: RawText): ScannedEvent | undefined {
  return scanDelta(raw) ?? scanByType(raw);
}

function scanByType(raw: RawText): ScannedEvent | undefined {
  const type = typeIn(raw);
  return type === undefined ? undefined : scannerOf(type)(raw);
}

/** The type, where it stands at the beginning, as services put it, or at the end, as gateways do that sort the fields. */
function typeIn(raw: RawText): RawText | undefined {
  if (!raw.startsWith("{")) return undefined;
  if (!raw.startsWith(TYPE, 1)) return TYPE_AT_END.exec(raw.slice(raw.lastIndexOf(TYPE)))?.[1];
  const start = raw.indexOf('"', 1 + TYPE.length) + 1;
  // A quote further off than behind a space is another field's.
  return start <= TYPE.length + 3 ? raw.slice(start, raw.indexOf('"', start)) : undefined;
}

const TYPE = '"type":';
const TYPE_AT_END = /^"type": ?"([\w.-]{1,100})"\}$/;
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

/**
 * Of an event whose type says nothing, only the beginning and the end are looked at; the rest is taken on trust (parity:
 * `sse/unread-on-trust`). Only the headers of an answer may stand in any event; as a field they have bare quotes, which no text has inside.
 */
function scannerOfUnread(type: string): Scanner {
  const scanned: ScannedEvent = Object.freeze({ type, decoded: UNKNOWN_TYPE });
  return (raw) => (raw.endsWith("}") && !raw.includes(HEADERS) ? scanned : undefined);
}

const HEADERS = 'headers":';
const CREATED_START = /^\{"type": ?"response\.created", ?(?:"sequence_number": ?[0-9]+, ?)?"response": ?\{"/;

/** It repeats the whole request, instructions and tools included, and means nothing but itself. */
function scanCreated(raw: RawText): ScannedEvent | undefined {
  if (!CREATED_START.test(raw) || !raw.endsWith("}}") || raw.includes(HEADERS)) return undefined;
  return { type: CREATED, decoded: created() };
}
