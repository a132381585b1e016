import type { Buffer } from "node:buffer";

/** Reads the heads of frames from a server, which have no mask (RFC 6455 §5.2). */

/** First byte of a text message in one frame. The second constant is for a compressed one (RFC 7692 §6). */
export const TEXT = 0x81;
export const COMPRESSED_TEXT = 0xc1;

const FIN = 0x80;
const OPCODE = 0x0f;
const FIRST_CONTROL_OPCODE = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
/** Marks that the length is in the following two bytes; the next higher number marks eight. */
const IN_TWO_BYTES = 126;

/** Where the payload of the frame at `at` begins; 0 if its head is not complete. */
export function payloadStart(bytes: Buffer, at: number): number {
  if (at + 2 > bytes.length) return 0;
  const length = (bytes[at + 1] as number) & LENGTH;
  const start = at + (length < IN_TWO_BYTES ? 2 : length === IN_TWO_BYTES ? 4 : 10);
  return start > bytes.length ? 0 : start;
}

/** Payload size of a frame whose head is complete. */
export function payloadSize(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] as number) & LENGTH;
  if (length < IN_TWO_BYTES) return length;
  return length === IN_TWO_BYTES ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
}

export function isMasked(bytes: Buffer, at: number): boolean {
  return ((bytes[at + 1] as number) & MASKED) !== 0;
}

/** Whether a message is unfinished after the frame at `at`. Control frames may come between the frames of a message. */
export function leavesOpen(bytes: Buffer, at: number, wasOpen: boolean): boolean {
  const first = bytes[at] as number;
  return (first & OPCODE) >= FIRST_CONTROL_OPCODE ? wasOpen : (first & FIN) === 0;
}
