import type { RawText } from "../../../../client/raw-text.ts";
import type { Framing } from "./delta-pattern.ts";

/** How a server writes the events of a stream: the names of the two fields as far as the value. */
export interface Frame {
  /** Undefined where events are not named. */
  readonly event: RawText | undefined;
  readonly data: RawText;
}

const FRAME = /(?:(event: ?)[^\n]*\n)?(data: ?)/y;

/** As the event is written that begins at `start`; undefined where that is written otherwise, with an id perhaps. */
export function frameAt(lines: RawText, start: number): Frame | undefined {
  FRAME.lastIndex = start;
  const found = FRAME.exec(lines);
  return found?.[2] === undefined ? undefined : { event: found[1], data: found[2] };
}

/** What stands around the data of an event of this type, from the beginning of its first line to that of the next event. */
export function framing({ event, data }: Frame, wireType: unknown): Framing {
  return { before: event === undefined ? data : `${event}${String(wireType)}\n${data}`, behind: "\n\n" };
}
