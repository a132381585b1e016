import { decodeRawText, type RawData, type RawText } from "../../../../client/raw-text.ts";
import type { JsonObject } from "../../../wire/json.ts";
import type { DecodedEvent } from "../decoded.ts";
import type { ResponseEvent } from "../types.ts";

/** A typed event whose `delta` is what changes from one to the next. */
export type DeltaEvent = Extract<ResponseEvent, { readonly delta: string }>;

export function isDelta(decoded: DecodedEvent): decoded is DeltaEvent {
  return "delta" in decoded;
}

/** How services write JSON: `JSON.stringify`, and Python's `json.dumps`. */
const FORMATS = [
  { comma: ",", colon: ":" },
  { comma: ", ", colon: ": " },
];

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TILDE = 0x7e;
const ZERO = 0x30;

/** What differs between two deltas of one item; no decoder reads the last two. */
type Variable = "delta" | "obfuscation" | "sequence_number";

function isVariable(name: string, value: unknown): name is Variable {
  if (name === "sequence_number") return Number.isSafeInteger(value) && Number(value) >= 0;
  return (name === "delta" || name === "obfuscation") && typeof value === "string";
}

/** How events follow one another in a text: what stands before the JSON of each, and behind it. */
export interface Framing {
  readonly before: RawText;
  readonly behind: RawText;
}

/** The fixed texts at both ends of an event. */
interface Ends {
  readonly head: RawText;
  readonly tail: RawText;
}

/**
 * The text of one delta event, with gaps for what differs in the next: its delta, its number and its padding. An event that fills the gaps and is
 * otherwise the same text means the same but for its delta, so that nothing but the gaps is looked at and no name of a field is read.
 */
export class DeltaPattern {
  /** Of the event that was read last, or of the first one of a run. */
  sequenceNumber: number | undefined;
  /** Where it ends, or the run. */
  end = 0;
  readonly #event: DeltaEvent;
  readonly #alone: Ends;
  readonly #framed: Ends | undefined;
  /** Fixed texts, each behind a variable; the last one is the tail's. */
  readonly #texts: readonly RawText[];
  readonly #variables: readonly Variable[];

  private constructor(
    event: DeltaEvent,
    texts: readonly RawText[],
    variables: readonly Variable[],
    framing: Framing | undefined,
  ) {
    const [head = "", ...rest] = texts;
    const tail = rest.pop() ?? "";
    this.#event = event;
    this.#alone = { head, tail };
    if (framing) this.#framed = { head: framing.before + head, tail: tail + framing.behind };
    this.#texts = rest;
    this.#variables = variables;
  }

  /**
   * What the next events of the item will look like.
   *
   * @param raw - One event of it; `event` is what `JSON.parse` makes of that, `decoded` what the plain decoder does.
   * @returns Undefined where the event is not written in one of the usual ways.
   */
  static of(raw: RawText, event: JsonObject, decoded: DeltaEvent, framing?: Framing): DeltaPattern | undefined {
    for (const { comma, colon } of FORMATS) {
      const texts: string[] = [];
      const variables: Variable[] = [];
      let whole = "";
      let text = "{";
      for (const [name, value] of Object.entries(event)) {
        if (typeof value === "object" && value !== null && !(Array.isArray(value) && value.length === 0))
          return undefined;
        if (text !== "{" || whole !== "") text += comma;
        text += `${JSON.stringify(name)}${colon}`;
        const written = JSON.stringify(value);
        if (isVariable(name, value)) {
          const opened = typeof value === "string" ? `${text}"` : text;
          texts.push(opened);
          variables.push(name);
          whole += text + written;
          text = typeof value === "string" ? '"' : "";
          // The closing quote is of the next fixed text, and was written with the value.
          if (text === '"') whole = whole.slice(0, -1);
        } else text += written;
      }
      text += "}";
      if (whole + text === raw) return new DeltaPattern(decoded, [...texts, text], variables, framing);
    }
    return undefined;
  }

  /** The event, if `raw` is one of these. */
  read(raw: RawText): DeltaEvent | undefined {
    const found = this.#read(raw, 0, this.#alone);
    return this.end === raw.length ? found : undefined;
  }

  /**
   * The events, from the one on that begins at `start` with its frame, that are of these and whose numbers follow one another; `end` is where the last
   * one ends.
   *
   * @param run - Takes them.
   * @returns Their text.
   */
  readRun(lines: RawText, start: number, run: DeltaEvent[]): string {
    const framed = this.#framed;
    if (framed === undefined) return "";
    let end = start;
    let first: number | undefined;
    let text = "";
    for (let event = this.#read(lines, end, framed); event !== undefined; event = this.#read(lines, end, framed)) {
      if (run.length === 0) first = this.sequenceNumber;
      else if (!this.#follows(first, run.length)) break;
      run.push(event);
      text += event.delta;
      end = this.end;
    }
    this.sequenceNumber = first;
    this.end = end;
    return text;
  }

  /** As `readRun`, of messages, each of which is an event; `at` is the first one. */
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

  /** Does the event that was read last come next in a run of so many, whose first one has this number? */
  #follows(first: number | undefined, count: number): boolean {
    return first === undefined || this.sequenceNumber === first + count;
  }

  #read(raw: RawText, start: number, { head, tail }: Ends): DeltaEvent | undefined {
    const texts = this.#texts;
    const variables = this.#variables;
    // Cuts and comparisons: V8 compares words so, and `startsWith` signs, in twice the time.
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
        // NaN at the end of the text: every comparison is false.
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
    return { ...this.#event, delta };
  }
}

/** Where signs end that mean themselves: at the quote, or at one that needs care. */
function endOfPlainText(raw: RawText, from: number): number {
  let at = from;
  for (;;) {
    const code = raw.charCodeAt(at);
    if (!(code >= SPACE && code <= TILDE) || code === QUOTE || code === BACKSLASH) return at;
    at += 1;
  }
}

/** The place of the closing quote; -1 where there is none, or a control character before it, which JSON does not allow. */
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
    return undefined; // an escape that is none
  }
}

/** V8 copies parts of a text that are shorter than 13 characters; a longer one is a view, which keeps the whole read in memory. */
const LONGEST_COPY = 12;

function ownText(raw: RawText, from: number, to: number): string {
  const text = raw.slice(from, to);
  // What is put together is laid out anew once it is cut: a view of its own copy.
  return text.length <= LONGEST_COPY ? text : ` ${text}`.slice(1);
}

const MOST_DIGITS = 15;

/** As JSON writes a whole number. */
function isWritten(raw: RawText, from: number, to: number): boolean {
  const digits = to - from;
  return digits === 1 || (digits > 1 && digits <= MOST_DIGITS && raw.charCodeAt(from) !== ZERO);
}
