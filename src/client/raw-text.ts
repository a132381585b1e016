// Imported, since the global name is looked up by a call each time.
import { Buffer, isAscii } from "node:buffer";

/**
 * The bytes of a UTF-8 text as characters, one each (ISO 8859-1): what is ASCII in it reads as it is. Looking for something in a raw text and
 * decoding what was found costs a fraction of decoding everything, most of all where a rare dash makes the whole text one of wide characters.
 */
export type RawText = string;

/** A text not decoded yet: as characters, or as its bytes where it is long and looking for something in it is not worth a copy. */
export type RawData = RawText | Uint8Array;

/** From here on a text is left as bytes. */
const LONG = 4096;

export function isLong(bytes: Uint8Array): boolean {
  return bytes.length > LONG;
}

/** @returns `bytes` themselves where they are long. */
export function rawDataOf(bytes: Uint8Array): RawData {
  return isLong(bytes) ? bytes : rawTextOf(bytes);
}

export function decodeRawData(raw: RawData): string {
  return typeof raw === "string" ? decodeRawText(raw) : asBuffer(raw).toString();
}

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

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
