import type { FileHandle } from "node:fs/promises";
import { fileError, openRegular } from "../../client/index.ts";
import { UsageError } from "../failure.ts";

export const SAMPLE_RATE = 24_000;
export const BYTES_PER_SAMPLE = 2;

const PCM = 1;
/** The actual format is then in the first two bytes of a subformat. */
const EXTENSIBLE = 0xfffe;
const SUBFORMAT_AT = 24;
const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const LONGEST_FORMAT_BYTES = 64;
/** Written by programs that do not know the length beforehand. */
const UNKNOWN_LENGTH = 0xffff_ffff;

/** Audio in a WAV file, opened and checked, not yet read. */
export interface WavSource {
  /** Pieces of `bytes` each; the last one may be shorter. */
  chunks(bytes: number): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

/** @throws {@link UsageError} The file cannot be read, is not a WAV file, or has another format than a realtime session needs. */
export async function openWav(path: string): Promise<WavSource> {
  const { file } = await openRegular(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${fileError(error).message}`);
  });
  try {
    const { start, end } = await findSound(file, path);
    return { chunks: (bytes) => read(file, start, end, bytes), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function findSound(file: FileHandle, path: string): Promise<{ readonly start: number; readonly end: number }> {
  const riff = await readAt(file, 0, RIFF_HEADER_BYTES);
  if (riff.toString("latin1", 0, 4) !== "RIFF" || riff.toString("latin1", 8, 12) !== "WAVE") {
    throw new UsageError(`${path} is no WAV file; ${advice(path)}`);
  }
  let isChecked = false;
  for (let at = RIFF_HEADER_BYTES; ; ) {
    const chunk = await readAt(file, at, CHUNK_HEADER_BYTES);
    if (chunk.length < CHUNK_HEADER_BYTES) throw new UsageError(`${path} holds no sound: it has no data chunk`);
    const name = chunk.toString("latin1", 0, 4);
    const length = chunk.readUInt32LE(4);
    const start = at + CHUNK_HEADER_BYTES;
    if (name === "fmt ") {
      checkFormat(await readAt(file, start, Math.min(length, LONGEST_FORMAT_BYTES)), path);
      isChecked = true;
    } else if (name === "data") {
      if (!isChecked) throw new UsageError(`${path} does not say its format before its sound`);
      return { start, end: length === UNKNOWN_LENGTH ? Number.POSITIVE_INFINITY : start + length };
    }
    at = start + length + (length % 2); // chunks begin at even offsets
  }
}

function checkFormat(format: Buffer, path: string): void {
  if (format.length < 16) throw new UsageError(`${path} is damaged: its format is cut short`);
  const declared = format.readUInt16LE(0);
  const isExtended = declared === EXTENSIBLE && format.length >= SUBFORMAT_AT + 2;
  const coding = isExtended ? format.readUInt16LE(SUBFORMAT_AT) : declared;
  const channels = format.readUInt16LE(2);
  const sampleRate = format.readUInt32LE(4);
  const bits = format.readUInt16LE(14);
  if (coding === PCM && channels === 1 && sampleRate === SAMPLE_RATE && bits === 8 * BYTES_PER_SAMPLE) return;
  const codingName = coding === PCM ? "PCM" : `coding ${coding}`;
  throw new UsageError(
    `${path} holds ${sampleRate} Hz, ${channels === 1 ? "mono" : `${channels} channels`}, ${bits} bits, ${codingName}; ${advice(path)}`,
  );
}

function advice(path: string): string {
  return `a realtime session takes ${SAMPLE_RATE} Hz mono 16-bit PCM, which this makes: ffmpeg -i ${path} -ar ${SAMPLE_RATE} -ac 1 -c:a pcm_s16le out.wav`;
}

async function* read(file: FileHandle, start: number, end: number, bytes: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const chunk = await readAt(file, at, Math.min(bytes, end - at));
    if (chunk.length === 0) return; // shorter than its header says: a recording that was cut off
    yield chunk;
    at += chunk.length;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
