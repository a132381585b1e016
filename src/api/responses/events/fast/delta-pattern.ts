import { decodeRawText, type RawText } from "../../../../client/raw-text.ts";
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
const NINE = 0x39;

/** What differs between two deltas of one item; no decoder reads the last two. */
type Variable = "delta" | "obfuscation" | "sequence_number";

function isVariable(name: string, value: unknown): name is Variable {
  if (name === "sequence_number") return Number.isSafeInteger(value) && Number(value) >= 0;
  return (name === "delta" || name === "obfuscation") && typeof value === "string";
}

/**
 * The text of one delta event, with gaps for what differs in the next: its delta, its number and its padding. An event that fills the gaps and is
 * otherwise the same text means the same but for its delta, so that nothing but the gaps is looked at and no name of a field is read.
 */
export class DeltaPattern {
  /** Of the event that was read last. */
  sequenceNumber: number | undefined;
  readonly #event: DeltaEvent;
  /** Fixed texts; between two of them stands a variable. */
  readonly #texts: readonly RawText[];
  readonly #variables: readonly Variable[];

  private constructor(event: DeltaEvent, texts: readonly RawText[], variables: readonly Variable[]) {
    this.#event = event;
    this.#texts = texts;
    this.#variables = variables;
  }

  /**
   * What the next events of the item will look like.
   *
   * @param raw - One event of it; `event` is what `JSON.parse` makes of that, `decoded` what the plain decoder does.
   * @returns Undefined where the event is not written in one of the usual ways.
   */
  static of(raw: RawText, event: JsonObject, decoded: DeltaEvent): DeltaPattern | undefined {
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
      if (whole + text === raw) return new DeltaPattern(decoded, [...texts, text], variables);
    }
    return undefined;
  }

  /** The event, if it is one of these. */
  read(raw: RawText): DeltaEvent | undefined {
    const texts = this.#texts;
    const variables = this.#variables;
    let at = 0;
    let delta: string | undefined;
    let sequenceNumber: number | undefined;
    for (let nth = 0; nth < variables.length; nth += 1) {
      const text = texts[nth] as RawText;
      // A cut and a comparison: V8 compares words so, and `startsWith` signs, in twice the time.
      const end = at + text.length;
      if (raw.slice(at, end) !== text) return undefined;
      at = end;
      const variable = variables[nth];
      if (variable === "sequence_number") {
        const numberEnd = endOfNumber(raw, at);
        if (numberEnd === -1) return undefined;
        sequenceNumber = numberIn(raw, at, numberEnd);
        at = numberEnd;
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
    }
    const last = texts[variables.length] as RawText;
    if (delta === undefined || raw.length !== at + last.length || !raw.endsWith(last)) return undefined;
    this.sequenceNumber = sequenceNumber;
    return { ...this.#event, delta };
  }
}

/** Where signs end that mean themselves: at the quote, or at one that needs care. */
function endOfPlainText(raw: RawText, from: number): number {
  let at = from;
  for (;;) {
    const code = raw.charCodeAt(at);
    // NaN at the end of the text: every comparison is false.
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

/** -1 where there is no number as JSON writes a whole one. */
function endOfNumber(raw: RawText, from: number): number {
  let at = from;
  while (isDigit(raw.charCodeAt(at))) at += 1;
  const digits = at - from;
  if (digits === 0 || digits > MOST_DIGITS) return -1;
  return digits > 1 && raw.charCodeAt(from) === ZERO ? -1 : at;
}

function numberIn(raw: RawText, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + raw.charCodeAt(at) - ZERO;
  return value;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}
