const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_DIGITS = 50;
const CALL_ID_LETTERS = 24;
const OBFUSCATION_BLOCK = 16;

const PREFIXES: ReadonlyMap<unknown, string> = new Map([
  ["message", "msg"],
  ["reasoning", "rs"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["custom_tool_call", "ctc"],
  ["custom_tool_call_output", "ctco"],
  ["shell_call", "sh"],
  ["local_shell_call", "lsh"],
  ["apply_patch_call", "apc"],
  ["computer_call", "cu"],
  ["compaction", "cmp"],
]);

/** What the id of an item begins with. */
export function prefixOf({ type = "message" }: { readonly type?: unknown }): string {
  return PREFIXES.get(type) ?? "item";
}

/** Ids that look like the service's. Every emulator gives the same ids in the same order. */
export class Identifiers {
  #count = 0;

  /** `resp_…`, `msg_…`, `rs_…`, `fc_…`: the prefix and 50 hex digits. */
  next(prefix: string): string {
    return `${prefix}_${this.#unique(HEX_NOISE, ID_DIGITS)}`;
  }

  /** `call_…`: 24 letters and digits. */
  nextCallId(): string {
    return `call_${this.#unique(LETTER_NOISE, CALL_ID_LETTERS)}`;
  }

  /** Like a hash, at a fraction of its cost: eight digits that repeat only after 2^32 ids, then noise. */
  #unique(source: string, length: number): string {
    this.#count += 1;
    const own = (Math.imul(this.#count, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0");
    return own + pieceOf(source, this.#count, length - own.length);
  }
}

/** Padding of a delta to whole blocks of 16 characters, with which the service hides the length of tokens. */
export function obfuscation(delta: string, seed: number): string {
  const missing = OBFUSCATION_BLOCK - (delta.length % OBFUSCATION_BLOCK);
  return pieceOf(LETTER_NOISE, seed + 1, missing);
}

function pieceOf(source: string, seed: number, length: number): string {
  const start = Math.imul(seed, 0x85ebca6b) >>> 20; // one of `PLACES`
  return source.slice(start, start + length);
}

const PLACES = 4096;
/** Random letters and digits, made once; each id takes a piece of them. */
const LETTER_NOISE = noise(letter);
const HEX_NOISE = noise((number) => (number & 15).toString(16));

function noise(characterOf: (number: number) => string): string {
  let state = 1;
  let text = "";
  for (let index = 0; index < PLACES + ID_DIGITS; index += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + index;
    text += characterOf(state >>> 8);
  }
  return text;
}

function letter(number: number): string {
  return ALPHABET[number % ALPHABET.length] ?? "A";
}
