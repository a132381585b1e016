import type { RawText } from "../../../../client/raw-text.ts";
import type { Framing } from "./delta-pattern.ts";

/** How a server writes the events of a stream: the lines up to the values of the two fields. */
export interface Frame {
  /** Undefined if the server sends no `event:` fields. */
  readonly event: RawText | undefined;
  readonly data: RawText;
}

const FRAME = /(?:(event: ?)[^\n]*\n)?(data: ?)/y;

/** The format of the event that begins at `start`; undefined if it has another format, for example an id. */
export function frameAt(lines: RawText, start: number): Frame | undefined {
  FRAME.lastIndex = start;
  const found = FRAME.exec(lines);
  return found?.[2] === undefined ? undefined : { event: found[1], data: found[2] };
}

/** The text around the data of an event of this type, from the start of its first line to the start of the next event. */
export function framing({ event, data }: Frame, wireType: unknown): Framing {
  return { before: event === undefined ? data : `${event}${String(wireType)}\n${data}`, behind: "\n\n" };
}
