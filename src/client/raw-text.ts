// Imported, because each use of the global name calls a getter.
import { Buffer, isAscii } from "node:buffer";

/**
 * The bytes of a UTF-8 text as characters, one each (ISO 8859-1); ASCII is readable as it is. Searching a raw text and decoding only the
 * parts found costs much less than decoding everything, above all if one rare character would make the whole text a two-byte string.
 */
export type RawText = string;

/** An undecoded text: as characters, or as bytes if it is long and not worth a copy for searching. */
export type RawData = RawText | Uint8Array;

/** A text longer than this is left as bytes. */
export const LONG = 4096;

export function isLong({ length }: RawData): boolean {
  return length > LONG;
}

/** @returns `bytes` themselves if they are long. */
export function rawDataOf(bytes: Uint8Array): RawData {
  return isLong(bytes) ? bytes : rawTextOf(bytes);
}

export function decodeRawData(raw: RawData): string {
  return typeof raw === "string" ? decodeRawText(raw) : asBuffer(raw).toString();
}

export function rawTextOf(bytes: Uint8Array): RawText {
  return asBuffer(bytes).toString("latin1");
}

/** The decoded text; invalid UTF-8 becomes U+FFFD, as in the WHATWG decoder. */
export function decodeRawText(raw: RawText): string {
  if (raw.length < SHORT) return NOT_ASCII.test(raw) ? Buffer.from(raw, "latin1").toString() : raw;
  const bytes = Buffer.from(raw, "latin1");
  return isAscii(bytes) ? raw : bytes.toString();
}

/** From this length on, copying and a native check are faster than the regular expression. */
const SHORT = 512;
const NOT_ASCII = /[\x80-\xff]/;

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
