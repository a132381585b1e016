import { isAscii } from "node:buffer";

/**
 * The bytes of a UTF-8 text as characters, one each (ISO 8859-1): what is ASCII in it reads as it is. Looking for something in a raw text and
 * decoding what was found costs a fraction of decoding everything, most of all where a rare dash makes the whole text one of wide characters.
 */
export type RawText = string;

export function rawTextOf(bytes: Uint8Array): RawText {
  return asBuffer(bytes).toString("latin1");
}

/** The text itself; what is no UTF-8 in it becomes U+FFFD, as the WHATWG's decoder does it. */
export function decodeRawText(raw: RawText): string {
  if (raw.length < SHORT) return NOT_ASCII.test(raw) ? Buffer.from(raw, "latin1").toString() : raw;
  const bytes = Buffer.from(raw, "latin1");
  return isAscii(bytes) ? raw : bytes.toString();
}

/** From here on a copy that is looked at natively is cheaper than the expression. */
const SHORT = 512;
const NOT_ASCII = /[\x80-\xff]/;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
