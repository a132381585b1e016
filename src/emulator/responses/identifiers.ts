import { hash } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_DIGITS = 50;
const OBFUSCATION_BLOCK = 16;

/** Ids that look like the service's; an emulator gives the same ones in the same order after every start. */
export class Identifiers {
  #count = 0;

  /** `resp_…`, `msg_…`, `rs_…`, `fc_…`: the prefix and 50 hex digits. */
  next(prefix: string): string {
    return `${prefix}_${this.#hash(prefix).slice(0, ID_DIGITS)}`;
  }

  /** `call_…`: 24 letters and digits. */
  nextCallId(): string {
    const bytes = Buffer.from(this.#hash("call"), "hex").subarray(0, 24);
    return `call_${Array.from(bytes, letter).join("")}`;
  }

  #hash(prefix: string): string {
    this.#count += 1;
    return hash("sha256", `${prefix} ${this.#count}`);
  }
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
