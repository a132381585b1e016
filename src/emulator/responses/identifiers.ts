const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_DIGITS = 50;
const CALL_ID_LETTERS = 24;
const OBFUSCATION_BLOCK = 16;

/** Ids that look like the service's; an emulator gives the same ones in the same order after every start. */
export class Identifiers {
  #count = 0;

  /** `resp_…`, `msg_…`, `rs_…`, `fc_…`: the prefix and 50 hex digits. */
  next(prefix: string): string {
    this.#count += 1;
    return `${prefix}_${digits(this.#count)}`;
  }

  /** `call_…`: 24 letters and digits. */
  nextCallId(): string {
    this.#count += 1;
    const random = scrambler(this.#count);
    return `call_${Array.from({ length: CALL_ID_LETTERS }, () => letter(random())).join("")}`;
  }
}

/** 50 of them, no two numbers alike: what a hash would give, at a tenth of its cost. */
function digits(number: number): string {
  const random = scrambler(number);
  let text = "";
  while (text.length < ID_DIGITS) text += random().toString(16).padStart(8, "0");
  return text.slice(0, ID_DIGITS);
}

/** 32 bits each time, all of which depend on the seed (the finalizer of MurmurHash3 over a Weyl sequence). */
function scrambler(seed: number): () => number {
  let state = Math.imul(seed, 0x85ebca6b);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

/** Fills a delta up to whole blocks of 16 characters, as the service does to hide the length of tokens. */
export function obfuscation(delta: string, seed: number): string {
  const missing = OBFUSCATION_BLOCK - (delta.length % OBFUSCATION_BLOCK);
  const start = Math.imul(seed + 1, 0x9e3779b1) >>> 20; // one of 4096 places
  return NOISE.slice(start, start + missing);
}

/** Letters in no order, made once: each delta takes a piece of them. */
const NOISE = noise(4096 + OBFUSCATION_BLOCK);

function noise(length: number): string {
  let state = 1;
  let text = "";
  for (let index = 0; index < length; index += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + index;
    text += letter(state >>> 8);
  }
  return text;
}

function letter(number: number): string {
  return ALPHABET[number % ALPHABET.length] ?? "A";
}
