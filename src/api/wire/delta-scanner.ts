import { decodeRawText, type RawText } from "../../client/raw-text.ts";
import {
  type DecodedDelta,
  outputTextDelta,
  reasoningTextDelta,
  summaryTextDelta,
  UNKNOWN_TYPE,
} from "./event-decoder.ts";

/** Nearly all events of a stream are deltas, and theirs are short. */
const LONGEST = 4096;
/** V8 copies parts of a text that are shorter than 13 characters; a longer one stays a view of the whole. */
const LONGEST_COPY = 12;

// JSON as the grammar has it (RFC 8259), without what a delta event does not hold: nested values and, outside the delta, signs that need care.
const ESCAPE = String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`;
const TEXT = String.raw`[^"\\\x00-\x1f]*(?:${ESCAPE}[^"\\\x00-\x1f]*)*`;
const PLAIN = String.raw`[ !#-\[\]-~]*`;
const COUNT = "(?:0|[1-9][0-9]{0,14})";
const FIELD = String.raw`"(?!type"|delta")[a-z_]+": ?(?:"${PLAIN}"|${COUNT}|\[\]|null)`;
const TYPE = String.raw`"type": ?"(response\.[a-z_.]+\.delta)"`;
// Services put the type first; gateways that sort the fields, last.
const DELTA_EVENT = new RegExp(
  String.raw`^\{(?:${TYPE}, ?)?(?:${FIELD}, ?)*"delta": ?(?:"(${PLAIN})"|"(${TEXT})")(?:, ?${FIELD})*(?:, ?${TYPE})?\}$`,
);
// Quotes inside a text are escaped, so that these find fields alone.
const SUMMARY_INDEX = new RegExp(`"summary_index": ?(${COUNT})`);
const CONTENT_INDEX = new RegExp(`"content_index": ?(${COUNT})`);

/** What a delta event means, and its wire type. */
export interface ScannedDelta {
  readonly type: string;
  readonly decoded: DecodedDelta;
}

/**
 * Reads a delta event without parsing it. One expression recognizes it whole, in a third of the time in which `JSON.parse` makes an object of
 * eight fields where one is wanted; of a delta that nobody reads, such as a tool's input, nothing is decoded at all.
 *
 * @returns What `decodeWireEvent` makes of the parsed event; undefined where the event has to be parsed.
 */
export function scanDelta(raw: RawText): ScannedDelta | undefined {
  const found = raw.length <= LONGEST ? DELTA_EVENT.exec(raw) : null;
  if (!found) return undefined;
  const type = found[1] ?? found[4];
  switch (type) {
    case "response.output_text.delta":
      return { type, decoded: outputTextDelta(deltaOf(found)) };
    case "response.reasoning_summary_text.delta":
      return { type, decoded: summaryTextDelta(deltaOf(found), indexIn(raw, SUMMARY_INDEX)) };
    case "response.reasoning_text.delta":
      return { type, decoded: reasoningTextDelta(deltaOf(found), indexIn(raw, CONTENT_INDEX)) };
    case undefined:
      return undefined;
    default:
      return { type, decoded: UNKNOWN_TYPE };
  }
}

/** A text longer than a few signs is parsed even where it holds no escape: as a slice it would keep the whole read alive as long as itself. */
function deltaOf(found: RegExpExecArray): unknown {
  const plain = found[2];
  if (plain !== undefined && plain.length <= LONGEST_COPY) return plain;
  return JSON.parse(`"${decodeRawText(plain ?? found[3] ?? "")}"`);
}

function indexIn(raw: RawText, index: RegExp): number | undefined {
  const digits = index.exec(raw)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
