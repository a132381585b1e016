/** The few DER types that an X.509 certificate needs (ITU-T X.690). */

const CLASS_CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function item(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), length(body.length), body]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => item(0x30, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => item(0x31, ...items);
export const boolean = (value: boolean): Buffer => item(0x01, Buffer.from([value ? 0xff : 0]));
export const octetString = (bytes: Uint8Array): Buffer => item(0x04, bytes);
export const utf8String = (text: string): Buffer => item(0x0c, Buffer.from(text, "utf8"));

/** A non-negative integer, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const minimal = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  // A set top bit would make the number negative.
  return (minimal[0] ?? 0) & 0x80 ? item(0x02, Buffer.from([0]), minimal) : item(0x02, minimal);
}

/** @param unusedBits - bits of the last byte that do not count. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => item(0x03, Buffer.from([unusedBits]), bytes);

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return item(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

/** UTCTime; RFC 5280 §4.1.2.5.1 requires it for years before 2050. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "").slice(2, 14);
  return item(0x17, Buffer.from(`${digits}Z`, "ascii"));
}

/** `[number] EXPLICIT`. */
export const explicit = (number: number, ...items: readonly Uint8Array[]): Buffer =>
  item(CLASS_CONTEXT | CONSTRUCTED | number, ...items);

/** `[number] IMPLICIT` of a primitive type. */
export const implicit = (number: number, bytes: Uint8Array): Buffer => item(CLASS_CONTEXT | number, bytes);
