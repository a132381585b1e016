/**
 * What makes up nearly all of a stream, read without parsing it. It knows how events are written, and nothing of what they mean: the plain decoder
 * beside this folder says that, once for each item. A reader without it works the same, only slower. Start reading at `delta-pattern.ts`.
 */
import type { RawData } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import type { DecodedEvent } from "../decoded.ts";
import { type DeltaEvent, DeltaPattern, isDelta } from "./delta-pattern.ts";
import { type UnreadEvent, unreadEvent } from "./unread.ts";

/** Items whose deltas come in turns, as those of calls that are written at once. */
const MOST_PATTERNS = 4;
/** Patterns that found nothing, after which no more are made: a gateway that changes the id with every event is parsed. */
const PATIENCE = 8;

/** The quick reading of one response. */
export class FastEvents {
  readonly #patterns: DeltaPattern[] = [];
  #luck = PATIENCE;
  /** Of the delta that was read last. */
  sequenceNumber: number | undefined;

  /** What the plain decoder would say of a delta; undefined where it has to be asked. */
  delta(raw: RawData): DeltaEvent | undefined {
    if (typeof raw !== "string") return undefined;
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const found = pattern.read(raw);
      if (found === undefined) continue;
      if (this.#luck < PATIENCE) this.#luck += 1;
      this.sequenceNumber = pattern.sequenceNumber;
      return found;
    }
    return undefined;
  }

  /** An event that may stay unread; undefined where it has to be parsed. */
  unread(raw: RawData): UnreadEvent | undefined {
    return unreadEvent(raw);
  }

  /** Takes an example from what was parsed. */
  learn(raw: RawData, event: JsonObject, decoded: DecodedEvent): void {
    if (typeof raw !== "string" || this.#luck === 0 || !isDelta(decoded)) return;
    const pattern = DeltaPattern.of(raw, event, decoded);
    if (pattern === undefined) return;
    this.#luck -= 1;
    if (this.#patterns.length === MOST_PATTERNS) this.#patterns.shift();
    this.#patterns.push(pattern);
  }
}
