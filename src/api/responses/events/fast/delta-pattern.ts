import { Buffer } from "node:buffer";
import { decodeRawText, type RawData, type RawText } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import type { DecodedEvent } from "../decoded.ts";
import type { ResponseEvent } from "../types.ts";

/** A typed event whose `delta` is the only part that changes from one event to the next. */
export type DeltaEvent = Extract<ResponseEvent, { readonly delta: string }>;

export function isDelta(decoded: DecodedEvent): decoded is DeltaEvent {
  return "delta" in decoded;
}

/** How services format JSON: like `JSON.stringify`, or like Python's `json.dumps`. */
const FORMATS = [
  { comma: ",", colon: ":" },
  { comma: ", ", colon: ": " },
];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TILDE = 0x7e;
const ZERO = 0x30;

/** The fields that differ between two deltas of one item; no decoder reads the last two. */
type Variable = "delta" | "obfuscation" | "sequence_number";

function isVariable(name: string, value: unknown): name is Variable {
  if (name === "sequence_number") return Number.isSafeInteger(value) && Number(value) >= 0;
  return (name === "delta" || name === "obfuscation") && typeof value === "string";
}

/** How events are framed: the text before and after the JSON of each event. */
export interface Framing {
  readonly before: RawText;
  readonly behind: RawText;
}

interface Gaps {
  readonly variables: readonly Variable[];
  /** The fixed texts: one before each variable, and the last one after them all. */
  readonly texts: readonly RawText[];
}

/**
 * Finds the variables of an event in its text. Every field must stand exactly where the format puts it, so nothing else can be in the text.
 *
 * @returns Undefined if the text is formatted in another way, or if a field may hold something that differs from event to event.
 */
function gapsIn(raw: RawText, event: JsonObject, { comma, colon }: (typeof FORMATS)[number]): Gaps | undefined {
  const bytes = Buffer.from(raw, "latin1");
  const texts: RawText[] = [];
  const variables: Variable[] = [];
  let end = 0;
  let fixedFrom = 0;
  for (const name in event) {
    const value = event[name];
    if (typeof value === "object" && value !== null && !(Array.isArray(value) && value.length === 0)) return undefined;
    const key = `${end === 0 ? "{" : comma}${JSON.stringify(name)}${colon}`;
    const written = JSON.stringify(value);
    const valueAt = end + key.length;
    if (raw.slice(end, valueAt) !== key || raw.slice(valueAt, valueAt + written.length) !== written) return undefined;
    end = valueAt + written.length;
    if (!isVariable(name, value)) continue;
    const quote = typeof value === "string" ? 1 : 0; // part of the fixed texts
    texts.push(bytes.toString("latin1", fixedFrom, valueAt + quote)); // a copy, because a slice would keep the whole network read in memory
    variables.push(name);
    fixedFrom = end - quote;
  }
  if (raw.slice(end) !== "}") return undefined;
  texts.push(bytes.toString("latin1", fixedFrom));
  return { texts, variables };
}

/** The fixed text at the start and the end of an event. */
interface Ends {
  readonly head: RawText;
  readonly tail: RawText;
}

/**
 * The text of one delta event, with gaps for what differs in the next one: the delta, the sequence number and the padding. An event that
 * differs only in the gaps has the same meaning apart from its delta. So only the gaps are read, and no field name is parsed.
 */
export class DeltaPattern {
  /** Sequence number of the last event read, or of the first one of a run. */
  sequenceNumber: number | undefined;
  /** Where that event, or the run, ends. */
  end = 0;
  readonly type: DeltaEvent["type"];
  readonly outputIndex: number | undefined;
  readonly #event: DeltaEvent;
  readonly #alone: Ends;
  readonly #framed: Ends | undefined;
  /** The fixed texts, each after a variable one; the last is the end of the event. */
  readonly #texts: readonly RawText[];
  readonly #variables: readonly Variable[];

  private constructor(
    event: DeltaEvent,
    texts: readonly RawText[],
    variables: readonly Variable[],
    framing: Framing | undefined,
  ) {
    const [head = ""] = texts;
    const tail = texts.at(-1) ?? "";
    this.type = event.type;
    this.outputIndex = event.outputIndex;
    this.#event = event;
    this.#alone = { head, tail };
    if (framing) this.#framed = { head: framing.before + head, tail: tail + framing.behind };
    // Copies, because a list that was pushed to has room for seventeen.
    this.#texts = texts.slice(1, -1);
    this.#variables = variables.slice();
  }

  /**
   * The pattern of the following events of an item.
   *
   * @param raw - One event of the item; `event` is its parsed JSON, `decoded` the plain decoder's result.
   * @returns Undefined if the event is not formatted in one of the usual ways.
   */
  static of(raw: RawText, event: JsonObject, decoded: DeltaEvent, framing?: Framing): DeltaPattern | undefined {
    for (const format of FORMATS) {
      const gaps = gapsIn(raw, event, format);
      if (!gaps) continue;
      keepShape(decoded);
      return new DeltaPattern(decoded, gaps.texts, gaps.variables, framing);
    }
    return undefined;
  }

  /** The event, if `raw` matches the pattern. */
  read(raw: RawText): DeltaEvent | undefined {
    const delta = this.#read(raw, 0, this.#alone);
    return delta === undefined || this.end !== raw.length ? undefined : { ...this.#event, delta };
  }

  /**
   * Reads matching events with consecutive sequence numbers, from the frame at `start` on; `end` is then where the last one ends.
   *
   * @param run - Receives the events.
   * @returns Their joined text.
   */
  readRun(lines: RawText, start: number, run: DeltaEvent[]): string {
    const framed = this.#framed;
    if (framed === undefined) return "";
    let end = start;
    let first: number | undefined;
    let text = "";
    while (end < lines.length) {
      const delta = this.#read(lines, end, framed);
      if (delta === undefined) break;
      if (run.length === 0) first = this.sequenceNumber;
      else if (!this.#follows(first, run.length)) break;
      run.push({ ...this.#event, delta });
      text += delta;
      end = this.end;
    }
    this.sequenceNumber = first;
    this.end = end;
    return text;
  }

  /** Like `readRun`, for WebSocket messages with one event each; `at` is the index of the first. */
  readMessages(messages: readonly RawData[], at: number, run: DeltaEvent[]): string {
    let first: number | undefined;
    let text = "";
    for (let nth = at; nth < messages.length; nth += 1) {
      const raw = messages[nth];
      const event = typeof raw === "string" ? this.read(raw) : undefined;
      if (event === undefined) break;
      if (run.length === 0) first = this.sequenceNumber;
      else if (!this.#follows(first, run.length)) break;
      run.push(event);
      text += event.delta;
    }
    this.sequenceNumber = first;
    return text;
  }

  /** True if the event read last continues a run of `count` events whose first one has the number `first`. */
  #follows(first: number | undefined, count: number): boolean {
    return first === undefined || this.sequenceNumber === first + count;
  }

  /** @returns The delta of the event at `start`; undefined if the text does not match. */
  #read(raw: RawText, start: number, { head, tail }: Ends): string | undefined {
    const texts = this.#texts;
    const variables = this.#variables;
    // Slices and comparisons: V8 compares them by words; `startsWith` compares characters and takes twice the time.
    let at = start + head.length;
    if (raw.slice(start, at) !== head) return undefined;
    let delta: string | undefined;
    let sequenceNumber: number | undefined;
    for (let nth = 0; nth < variables.length; nth += 1) {
      const variable = variables[nth];
      if (variable === "sequence_number") {
        const from = at;
        let digit = raw.charCodeAt(at) - ZERO;
        sequenceNumber = 0;
        // NaN at the end of the text, so every comparison is false.
        while (digit >= 0 && digit <= 9) {
          sequenceNumber = sequenceNumber * 10 + digit;
          at += 1;
          digit = raw.charCodeAt(at) - ZERO;
        }
        if (!isWritten(raw, from, at)) return undefined;
      } else {
        const plainEnd = endOfPlainText(raw, at);
        if (raw.charCodeAt(plainEnd) === QUOTE) {
          if (variable === "delta") delta = ownText(raw, at, plainEnd);
          at = plainEnd;
        } else {
          if (variable !== "delta") return undefined;
          const textEnd = endOfText(raw, plainEnd);
          if (textEnd === -1) return undefined;
          delta = parsedText(raw.slice(at - 1, textEnd + 1));
          if (delta === undefined) return undefined;
          at = textEnd;
        }
      }
      const text = nth === texts.length ? tail : (texts[nth] as RawText);
      const end = at + text.length;
      if (raw.slice(at, end) !== text) return undefined;
      at = end;
    }
    if (delta === undefined) return undefined;
    this.sequenceNumber = sequenceNumber;
    this.end = at;
    return delta;
  }
}

/** One event for each list of fields. */
const shapes = new Map<string, DeltaEvent>();
const MOST_SHAPES = 50;

/**
 * Keeps one event with these fields. When the last object of a shape is collected, V8 throws away the code that was compiled for it: without
 * this, the first response after a full collection would be read by the interpreter.
 */
function keepShape(event: DeltaEvent): void {
  if (shapes.size < MOST_SHAPES) shapes.set(Object.keys(event).join(), { ...event, delta: "" });
}

/** Where plain characters end: at the closing quote or at a character that needs decoding. */
function endOfPlainText(raw: RawText, from: number): number {
  let at = from;
  for (;;) {
    const code = raw.charCodeAt(at);
    if (!(code >= SPACE && code <= TILDE) || code === QUOTE || code === BACKSLASH) return at;
    at += 1;
  }
}

/** Index of the closing quote. -1 if there is none, or if a control character, which JSON does not allow, comes before it. */
function endOfText(raw: RawText, from: number): number {
  for (let at = from; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
    else if (code < SPACE) return -1;
  }
  return -1;
}

function parsedText(quoted: RawText): string | undefined {
  try {
    return JSON.parse(decodeRawText(quoted)) as string;
  } catch {
    return undefined; // invalid escape
  }
}

/** V8 copies slices shorter than 13 characters. A longer slice is a view, which keeps the whole network read in memory. */
const LONGEST_COPY = 12;

function ownText(raw: RawText, from: number, to: number): string {
  const text = raw.slice(from, to);
  // Slicing a concatenation makes V8 flatten it, which gives a copy.
  return text.length <= LONGEST_COPY ? text : ` ${text}`.slice(1);
}

const MOST_DIGITS = 15;

/** True if the text is a whole number as JSON writes it. */
function isWritten(raw: RawText, from: number, to: number): boolean {
  const digits = to - from;
  return digits === 1 || (digits > 1 && digits <= MOST_DIGITS && raw.charCodeAt(from) !== ZERO);
}
