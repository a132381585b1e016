/**
 * Reads the events that make up most of a stream without parsing them. This folder knows how events are formatted, not what they mean: for
 * that it asks the plain decoder in the parent folder, once per item. Without this folder everything works the same, only slower. Start
 * reading at `delta-pattern.ts`.
 */
import { empty, objectList } from "../../../../client/object-list.ts";
import type { RawData, RawText } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import type { DecodedEvent } from "../decoded.ts";
import type { DeltaEvent } from "../types.ts";
import { DeltaPattern, isDelta } from "./delta-pattern.ts";
import { type Frame, frameAt, framing } from "./frame.ts";
import { type UnreadEvent, unreadEvent } from "./unread.ts";

export type { UnreadEvent };

/** Number of items whose deltas may alternate, such as calls that are written in parallel. */
const MOST_PATTERNS = 4;
/** Number of failed matches after which no more patterns are made: a gateway that changes the id with every event is parsed instead. */
const PATIENCE = 8;

/**
 * Consecutive deltas of one item. What they have in common stands beside them, where it is read from an object of one shape: events have several,
 * and V8 throws code away that has seen fewer.
 */
export interface DeltaRun {
  /** Valid only until the run is handled. */
  readonly events: readonly DeltaEvent[];
  readonly type: DeltaEvent["type"];
  readonly outputIndex: number | undefined;
  /** Index of the item's part that they add to. */
  readonly partIndex: number | undefined;
  /** Their joined text. */
  readonly text: string;
}

interface LearntEvent {
  readonly raw: RawText;
  readonly event: JsonObject;
  readonly decoded: DeltaEvent;
}

/** The fast path for one response. */
export class FastEvents implements DeltaRun {
  readonly #patterns: DeltaPattern[] = [];
  #luck = PATIENCE;
  /** The event whose pattern is to be made. */
  #learnt: LearntEvent | undefined;
  /** The format of the stream's frames. Unknown until the first event, and always on a carrier with other framing. */
  #frame: Frame | undefined;
  /** Sequence number of the last delta, or of the first one of the run. */
  sequenceNumber: number | undefined;
  /**
   * Consecutive deltas of one item. One array is reused for all runs: V8 would keep the first of many new arrays alive, and allocate later
   * ones in the old generation, which only a full collection frees.
   */
  readonly events = objectList<DeltaEvent>();
  type: DeltaEvent["type"] = "output_text.delta";
  outputIndex: number | undefined;
  partIndex: number | undefined;
  text = "";
  /** Where the run ends. */
  end = 0;

  /** Reads one event as a run of its own. @returns False if it has to be parsed. */
  read(raw: RawData): boolean {
    return typeof raw === "string" && this.readMessages([raw], 0);
  }

  /**
   * Reads the consecutive deltas of one item from the lines of an event stream.
   *
   * @param start - Where an event begins.
   * @returns False if the event at `start` does not match.
   */
  readRun(lines: RawText, start: number): boolean {
    this.#frame ??= frameAt(lines, start);
    const run = this.#emptyRun();
    this.#makePattern();
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const text = pattern.readRun(lines, start, run);
      if (run.length === 0) continue;
      this.#found(pattern, text);
      this.end = pattern.end;
      return true;
    }
    return false;
  }

  /** Like `readRun`, for WebSocket messages with one event each; `at` is the index of the first. */
  readMessages(messages: readonly RawData[], at: number): boolean {
    const run = this.#emptyRun();
    this.#makePattern();
    const patterns = this.#patterns;
    for (let nth = patterns.length - 1; nth >= 0; nth -= 1) {
      const pattern = patterns[nth] as DeltaPattern;
      const text = pattern.readMessages(messages, at, run);
      if (run.length === 0) continue;
      this.#found(pattern, text);
      return true;
    }
    return false;
  }

  /** An event that need not be parsed; undefined if it must be. */
  unread(raw: RawData): UnreadEvent | undefined {
    return unreadEvent(raw);
  }

  /**
   * Remembers an event that was parsed. Its pattern is made when the next event comes: so the caller gets this one sooner, and the only delta of an
   * item costs nothing more.
   */
  learn(raw: RawData, event: JsonObject, decoded: DecodedEvent): void {
    this.#makePattern();
    if (typeof raw === "string" && this.#luck > 0 && isDelta(decoded)) this.#learnt = { raw, event, decoded };
  }

  #makePattern(): void {
    if (!this.#learnt) return;
    const { raw, event, decoded } = this.#learnt;
    this.#learnt = undefined;
    const pattern = DeltaPattern.of(raw, event, decoded, this.#frame && framing(this.#frame, event.type));
    if (pattern === undefined) return;
    this.#luck -= 1;
    if (this.#patterns.length === MOST_PATTERNS) this.#patterns.shift();
    this.#patterns.push(pattern);
  }

  /** Forgets the patterns, because they may no longer be valid. */
  forget(): void {
    this.#patterns.length = 0;
    this.#learnt = undefined;
  }

  #emptyRun(): DeltaEvent[] {
    empty(this.events);
    return this.events;
  }

  #found({ type, outputIndex, partIndex, sequenceNumber }: DeltaPattern, text: string): void {
    if (this.#luck < PATIENCE) this.#luck += 1;
    this.text = text;
    this.type = type;
    this.outputIndex = outputIndex;
    this.partIndex = partIndex;
    this.sequenceNumber = sequenceNumber;
  }
}
