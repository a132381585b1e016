/**
 * What makes up nearly all of a stream, read without parsing it. It knows how events are written, and nothing of what they mean: the plain decoder
 * beside this folder says that, once for each item. A reader without it works the same, only slower. Start reading at `delta-pattern.ts`.
 */
import type { RawData, RawText } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import type { DecodedEvent } from "../decoded.ts";
import { type DeltaEvent, DeltaPattern, isDelta } from "./delta-pattern.ts";
import { type Frame, frameAt, framing } from "./frame.ts";
import { type UnreadEvent, unreadEvent } from "./unread.ts";

export type { DeltaEvent };

/** Items whose deltas come in turns, as those of calls that are written at once. */
const MOST_PATTERNS = 4;
/** Patterns that found nothing, after which no more are made: a gateway that changes the id with every event is parsed. */
const PATIENCE = 8;

/** The quick reading of one response. */
export class FastEvents {
  readonly #patterns: DeltaPattern[] = [];
  #luck = PATIENCE;
  /** How the stream writes its events; not known before one has been seen, and never on a carrier that frames them otherwise. */
  #frame: Frame | undefined;
  /** Of the delta that was read last, or of the first one of the run. */
  sequenceNumber: number | undefined;
  /**
   * Deltas of one item that came one after the other. One list for all runs: of lists that are made anew V8 sees the first ones wait, and makes the
   * later ones where only a full collection finds them.
   */
  readonly run: DeltaEvent[] = [];
  /** Where the run ends. */
  end = 0;

  /** What the plain decoder would say of a delta; undefined where it has to be asked. */
  delta(raw: RawData): DeltaEvent | undefined {
    if (typeof raw !== "string") return undefined;
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const found = pattern.read(raw);
      if (found === undefined) continue;
      this.#found(pattern);
      return found;
    }
    return undefined;
  }

  /**
   * Deltas in the lines of an event stream: fills the run with those of one item that stand there one after the other.
   *
   * @param start - Where an event begins.
   * @returns The text of all of them; undefined where the event that begins there is none.
   */
  readRun(lines: RawText, start: number): string | undefined {
    this.#frame ??= frameAt(lines, start);
    const run = this.#emptyRun();
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const text = pattern.readRun(lines, start, run);
      if (run.length === 0) continue;
      this.#found(pattern);
      this.end = pattern.end;
      return text;
    }
    return undefined;
  }

  /** As `readRun`, of messages, each of which is an event; `at` is the first one. */
  readMessages(messages: readonly RawData[], at: number): string | undefined {
    const run = this.#emptyRun();
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const text = pattern.readMessages(messages, at, run);
      if (run.length === 0) continue;
      this.#found(pattern);
      return text;
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
    const pattern = DeltaPattern.of(raw, event, decoded, this.#frame && framing(this.#frame, event.type));
    if (pattern === undefined) return;
    this.#luck -= 1;
    if (this.#patterns.length === MOST_PATTERNS) this.#patterns.shift();
    this.#patterns.push(pattern);
  }

  /** What was learned may not hold any more. */
  forget(): void {
    this.#patterns.length = 0;
  }

  #emptyRun(): DeltaEvent[] {
    const { run } = this;
    // A length that is set is a call into the runtime: not for the one event of a stream that is in no hurry.
    if (run.length === 1) run.pop();
    else if (run.length > 1) run.length = 0;
    return run;
  }

  #found({ sequenceNumber }: DeltaPattern): void {
    if (this.#luck < PATIENCE) this.#luck += 1;
    this.sequenceNumber = sequenceNumber;
  }
}
