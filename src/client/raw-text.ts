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
  // Looking is cheaper than copying, for a while.
  return raw.length < 512 && !NOT_ASCII.test(raw) ? raw : Buffer.from(raw, "latin1").toString();
}

const NOT_ASCII = /[\x80-\xff]/;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
