import { closeSync, openSync, writeSync } from "node:fs";
import type { RealtimeAudioFrame } from "../../index.ts";
import { systemCode, UsageError } from "../failure.ts";
import { BYTES_PER_SAMPLE, SAMPLE_RATE } from "./wav.ts";

const HEADER_BYTES = 44;
/** A WAV file cannot contain more. */
const MOST_BYTES = 0xffff_ffff - HEADER_BYTES;

/**
 * Writes audio to a WAV file as it arrives. The header is written first and gets the length at the end; writes are synchronous, so that
 * everything heard before an interruption is in the file.
 */
export class Recorder {
  readonly #file: number;
  #format = { sampleRate: SAMPLE_RATE, numChannels: 1 };
  #bytes = 0;

  /** @throws {@link UsageError} The file cannot be written. */
  constructor(path: string) {
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw new UsageError(`${path} cannot be written: ${systemCode(error)}`);
    }
    this.#writeHeader();
  }

  get seconds(): number {
    const { sampleRate, numChannels } = this.#format;
    return this.#bytes / BYTES_PER_SAMPLE / numChannels / sampleRate;
  }

  write({ data, sampleRate, numChannels }: RealtimeAudioFrame): void {
    const pcm = Buffer.from(data, "base64");
    if (this.#bytes + pcm.length > MOST_BYTES) return;
    if (this.#bytes === 0) this.#format = { sampleRate, numChannels };
    writeSync(this.#file, pcm, 0, pcm.length, HEADER_BYTES + this.#bytes);
    this.#bytes += pcm.length;
  }

  close(): void {
    this.#writeHeader();
    closeSync(this.#file);
  }

  #writeHeader(): void {
    const { sampleRate, numChannels } = this.#format;
    const bytesPerFrame = numChannels * BYTES_PER_SAMPLE;
    const header = Buffer.alloc(HEADER_BYTES);
    header.write("RIFF", 0, "latin1");
    header.writeUInt32LE(HEADER_BYTES - 8 + this.#bytes, 4);
    header.write("WAVEfmt ", 8, "latin1");
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(numChannels, 22);
    header.writeUInt32LE(sampleRate, 24);
    header.writeUInt32LE(sampleRate * bytesPerFrame, 28);
    header.writeUInt16LE(bytesPerFrame, 32);
    header.writeUInt16LE(8 * BYTES_PER_SAMPLE, 34);
    header.write("data", 36, "latin1");
    header.writeUInt32LE(this.#bytes, 40);
    writeSync(this.#file, header, 0, HEADER_BYTES, 0);
  }
}
