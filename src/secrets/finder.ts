import { SHORTEST_SECRET } from "./of-request.ts";

/** This many characters of a long secret are enough to recognise it, because a server may have cut it off. */
const LONGEST_BEGINNING = 12;
/** The longest form of a character: `\u{10ffff}` and a pair of `\ud83d` are shorter, four bytes in a URL are `%f0%9f%98%80`. */
const LONGEST_FORM = 12;
/** An expression that never matches. */
const NOTHING = "(?!)";
/** An escape that is cut off at the end of a text. */
const CUT_ESCAPE = /^(?:\\(?:u[0-9a-f]{0,3})?|%[0-9a-f]?)$/i;

/** A secret, character by character. */
interface Secret {
  readonly characters: readonly string[];
  /** How many of its characters must be found. */
  readonly beginning: number;
}

/**
 * Finds secrets in texts of a peer: unchanged, in the escapes of JSON and URLs, and cut off, by the peer in the middle of a sentence or by
 * the end of the text.
 */
export class SecretFinder {
  readonly #secrets: readonly Secret[];
  readonly #beginnings: RegExp;
  readonly #longest: number;
  /** What a secret can begin with, plain or escaped. */
  readonly #starts: RegExp;
  readonly #escaped = new Map<string, RegExp>();

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => {
      const characters = Array.from(secret);
      return { characters, beginning: beginningOf(characters.length) };
    });
    const beginnings = this.#secrets.map(({ characters, beginning }) =>
      characters.slice(0, beginning).map(formsOf).join(""),
    );
    this.#beginnings = new RegExp(beginnings.join("|") || NOTHING, "gu");
    const starts = this.#secrets.map(({ characters: [first = ""] }) => inExpression(first));
    this.#starts = new RegExp(`[\\\\%${starts.join("")}]`, "gu");
    this.#longest = Math.max(0, ...this.#secrets.map(({ characters }) => characters.length));
  }

  replaceIn(text: string, replacement: string): string {
    let clean = "";
    let from = 0;
    this.#beginnings.lastIndex = 0;
    for (let match = this.#beginnings.exec(text); match; match = this.#beginnings.exec(text)) {
      clean += text.slice(from, match.index) + replacement;
      from = Math.max(match.index + match[0].length, this.#endFrom(text, match.index));
      this.#beginnings.lastIndex = from;
    }
    const cut = this.#cutAtEnd(text, from);
    return cut === undefined ? clean + text.slice(from) : clean + text.slice(from, cut) + replacement;
  }

  /** The end of the longest piece of a secret that begins at `start`. */
  #endFrom(text: string, start: number): number {
    return Math.max(...this.#secrets.map((secret) => this.#walk(text, start, secret).end));
  }

  /** Where a secret begins that the end of the text cuts off. */
  #cutAtEnd(text: string, from: number): number | undefined {
    this.#starts.lastIndex = Math.max(from, text.length - this.#longest * LONGEST_FORM);
    for (let match = this.#starts.exec(text); match; match = this.#starts.exec(text)) {
      const start = match.index;
      if (start > text.length - SHORTEST_SECRET) break;
      for (const secret of this.#secrets) {
        const { end, count } = this.#walk(text, start, secret);
        if (count < SHORTEST_SECRET) continue;
        if (end === text.length || CUT_ESCAPE.test(text.slice(end, end + LONGEST_FORM))) return start;
      }
    }
    return undefined;
  }

  /** How far the characters of a secret follow each other in the text. */
  #walk(text: string, start: number, { characters }: Secret): { readonly end: number; readonly count: number } {
    let ends: ReadonlySet<number> = new Set([start]); // several, where `%25` may be three characters or the form of one
    let count = 0;
    for (const character of characters) {
      const next = new Set([...ends].flatMap((end) => this.#behind(text, end, character)));
      if (next.size === 0) break;
      ends = next;
      count += 1;
    }
    return { end: Math.max(...ends), count };
  }

  #behind(text: string, at: number, character: string): number[] {
    const asItIs = text.startsWith(character, at) ? [at + character.length] : [];
    if (isPlain(character)) return asItIs;
    let form = this.#escaped.get(character);
    if (!form) {
      form = new RegExp(escapesOf(character), "uy");
      this.#escaped.set(character, form);
    }
    form.lastIndex = at;
    return form.test(text) ? [...asItIs, form.lastIndex] : asItIs;
  }
}

/** For a short secret most of it is needed, because its beginning may be a common word. */
function beginningOf(length: number): number {
  return Math.min(length, Math.max(SHORTEST_SECRET, Math.min(LONGEST_BEGINNING, Math.ceil(length * 0.75))));
}

function isPlain(character: string): boolean {
  return /^\w$/.test(character);
}

/**
 * A regular expression for a character as a server's text may contain it: `/` may be `\/` or `\u002f` in JSON, `%2F` in a URL, and escaped
 * once more for each text that contains another.
 */
function formsOf(character: string): string {
  return isPlain(character) ? character : `(?:${inExpression(character)}|${escapesOf(character)})`;
}

function inExpression(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

function escapesOf(character: string): string {
  const hex = (value: number, digits: number): string =>
    value
      .toString(16)
      .padStart(digits, "0")
      .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const inJson = character.split("").map((unit) => `\\\\+u${hex(unit.charCodeAt(0), 4)}`);
  const inUrl = [...Buffer.from(character)].map((byte) => `%(?:25)*${hex(byte, 2)}`);
  return `(?:\\\\+${inExpression(character)}|${inJson.join("")}|${inUrl.join("")})`;
}
