import { Buffer } from "node:buffer";
import { keepShape } from "../../../../client/kept-shapes.ts";
import { decodeRawText, type RawData, type RawText } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import { partIndexOf } from "../../received/item-parts.ts";
import type { DecodedEvent } from "../decoded.ts";
import type { DeltaEvent } from "../types.ts";

/** True for a typed event whose `delta` is the only part that changes from one event to the next. */
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

/**
 * The text of one delta event, with gaps for what differs in the next one: the delta, the sequence number and the padding. An event that
 * differs only in the gaps has the same meaning apart from its delta. So only the gaps are read, and no field name is parsed.
 */
export class DeltaPattern {
  readonly type: DeltaEvent["type"];
  readonly outputIndex: number | undefined;
  readonly partIndex: number | undefined;
  /** Sequence number of the first event of the run read last. */
  sequenceNumber: number | undefined;
  /** Where that run ends. */
  end = 0;
  readonly #event: DeltaEvent;
  readonly #isFramed: boolean;
  /** The fixed text at the start of an event. */
  readonly #head: RawText;
  /** At its end. */
  readonly #tail: RawText;
  /** Between its last variable and the first one of the next event. */
  readonly #seam: RawText;
  /** The fixed texts between the variables. */
  readonly #texts: readonly RawText[];
  readonly #variables: readonly Variable[];
  // Of the event read last.
  #number: number | undefined;
  #tailAt = 0;
  /** Another one begins behind it. */
  #isNext = false;

  private constructor(event: DeltaEvent, { texts, variables }: Gaps, framing: Framing | undefined) {
    const [head = ""] = texts;
    const tail = texts.at(-1) ?? "";
    this.type = event.type;
    this.outputIndex = event.outputIndex;
    this.partIndex = partIndexOf(event);
    this.#event = event;
    this.#isFramed = framing !== undefined;
    this.#head = framing ? flat(framing.before + head) : head;
    this.#tail = framing ? flat(tail + framing.behind) : tail;
    this.#seam = flat(this.#tail + this.#head);
    // Copies, because a list that was pushed to has room for seventeen.
    this.#texts = texts.slice(1, -1);
    this.#variables = variables.slice();
  }

  /**
   * The pattern of the following events of an item.
   *
   * @param raw - One event of the item; `event` is its parsed JSON, `decoded` the plain decoder's result.
   * @param framing - If the events are read from lines; without it they are read from messages.
   * @returns Undefined if the event is not formatted in one of the usual ways.
   */
  static of(raw: RawText, event: JsonObject, decoded: DeltaEvent, framing?: Framing): DeltaPattern | undefined {
    for (const format of FORMATS) {
      const gaps = gapsIn(raw, event, format);
      if (!gaps) continue;
      keepShapeOf(decoded);
      return new DeltaPattern(decoded, gaps, framing);
    }
    return undefined;
  }

  /**
   * Reads matching events with consecutive sequence numbers, from the frame at `start` on.
   *
   * @param run - Receives the events.
   * @returns Their joined text.
   */
  readRun(lines: RawText, start: number, run: DeltaEvent[]): string {
    const head = this.#head;
    if (!this.#isFramed || lines.slice(start, start + head.length) !== head) return "";
    let text = "";
    let end = start;
    do {
      const delta = this.#read(lines, end + head.length);
      if (delta === undefined || !this.#continues(run)) break;
      run.push({ ...this.#event, delta });
      text += delta;
      end = this.#tailAt + this.#tail.length;
    } while (this.#isNext);
    this.end = end;
    return text;
  }

  /** Like `readRun`, for messages with one event each; `at` is the index of the first. */
  readMessages(messages: readonly RawData[], at: number, run: DeltaEvent[]): string {
    const head = this.#head;
    let text = "";
    if (this.#isFramed) return text;
    for (let nth = at; nth < messages.length; nth += 1) {
      const raw = messages[nth];
      if (typeof raw !== "string" || raw.slice(0, head.length) !== head) break;
      const delta = this.#read(raw, head.length);
      if (delta === undefined || this.#tailAt + this.#tail.length !== raw.length || !this.#continues(run)) break;
      run.push({ ...this.#event, delta });
      text += delta;
    }
    return text;
  }

  /** True if the event read last has the next number of the run, or starts it. */
  #continues(run: readonly DeltaEvent[]): boolean {
    if (run.length === 0) this.sequenceNumber = this.#number;
    else if (this.sequenceNumber !== undefined) return this.#number === this.sequenceNumber + run.length;
    return true;
  }

  /** Reads an event from its first variable on. @returns The delta; undefined if the text does not match. */
  #read(raw: RawText, from: number): string | undefined {
    const texts = this.#texts;
    const variables = this.#variables;
    let at = from;
    let delta: string | undefined;
    for (let nth = 0; nth < variables.length; nth += 1) {
      if (nth > 0) {
        // Slices and comparisons: V8 compares them by words; `startsWith` compares characters and takes twice the time.
        const text = texts[nth - 1] as RawText;
        const textAt = at;
        at += text.length;
        if (raw.slice(textAt, at) !== text) return undefined;
      }
      const variable = variables[nth];
      const valueAt = at;
      if (variable === "sequence_number") {
        let digit = raw.charCodeAt(at) - ZERO;
        let number = 0;
        // NaN at the end of the text, so every comparison is false.
        while (digit >= 0 && digit <= 9) {
          number = number * 10 + digit;
          at += 1;
          digit = raw.charCodeAt(at) - ZERO;
        }
        if (!isWritten(raw, valueAt, at)) return undefined;
        this.#number = number;
        continue;
      }
      at = endOfPlainText(raw, at);
      if (raw.charCodeAt(at) === QUOTE) {
        if (variable === "delta") delta = ownText(raw, valueAt, at);
      } else {
        if (variable !== "delta") return undefined;
        at = endOfText(raw, at);
        if (at === -1) return undefined;
        delta = parsedText(raw.slice(valueAt - 1, at + 1));
        if (delta === undefined) return undefined;
      }
    }
    const next = at + this.#seam.length;
    this.#isNext = next < raw.length && raw.slice(at, next) === this.#seam;
    if (!this.#isNext && raw.slice(at, at + this.#tail.length) !== this.#tail) return undefined;
    this.#tailAt = at;
    return delta;
  }
}

/** Lists of fields of which an event is kept. */
const shapes = new Set<string>();
const MOST_SHAPES = 50;

function keepShapeOf(event: DeltaEvent): void {
  const fields = Object.keys(event).join();
  if (shapes.size === MOST_SHAPES || shapes.has(fields)) return;
  shapes.add(fields);
  keepShape({ ...event, delta: "" });
}

/** V8 keeps a concatenation as two parts, and looks through them with each comparison. */
function flat(text: RawText): RawText {
  return Buffer.from(text, "latin1").toString("latin1");
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
