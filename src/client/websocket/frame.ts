import type { Buffer } from "node:buffer";

/** Reads the heads of frames as a server sends them, without a mask (RFC 6455 §5.2). */

/** First byte of a text message in one frame; the second is compressed (RFC 7692 §6). */
export const TEXT = 0x81;
export const COMPRESSED_TEXT = 0xc1;

const FIN = 0x80;
const OPCODE = 0x0f;
const FIRST_CONTROL_OPCODE = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
/** In place of a length, which stands in the two bytes behind; the number above it says in eight. */
const IN_TWO_BYTES = 126;

/** Where the payload of the frame at `at` begins; 0 where not all of its head is there. */
export function payloadStart(bytes: Buffer, at: number): number {
  if (at + 2 > bytes.length) return 0;
  const length = (bytes[at + 1] as number) & LENGTH;
  const start = at + (length < IN_TWO_BYTES ? 2 : length === IN_TWO_BYTES ? 4 : 10);
  return start > bytes.length ? 0 : start;
}

/** Of a frame whose head is there. */
export function payloadSize(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] as number) & LENGTH;
  if (length < IN_TWO_BYTES) return length;
  return length === IN_TWO_BYTES ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

export function isMasked(bytes: Buffer, at: number): boolean {
  return ((bytes[at + 1] as number) & MASKED) !== 0;
}

/** Is a message open once the frame at `at` is read, that was open before or not? Control frames stand between the frames of others. */
export function leavesOpen(bytes: Buffer, at: number, wasOpen: boolean): boolean {
  const first = bytes[at] as number;
  return (first & OPCODE) >= FIRST_CONTROL_OPCODE ? wasOpen : (first & FIN) === 0;
}
