import { type Fields, fieldsIn, stringIn } from "../fields.ts";
import { ServiceError } from "../service-error.ts";
import { fromPcma, fromPcmu, toPcma, toPcmu } from "./g711.ts";
import { SAMPLE_RATE } from "./tone.ts";

/** Coding of the audio in one direction. */
export interface AudioFormat {
  /** Its name on the wire. */
  readonly type: string;
  readonly sampleRate: number;
  readonly bytesPerSample: number;
  encode(samples: Int16Array): Buffer;
  decode(bytes: Buffer): Int16Array;
}

const PCM: AudioFormat = {
  type: "audio/pcm",
  sampleRate: SAMPLE_RATE,
  bytesPerSample: 2,
  encode: (samples) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  decode: (bytes) => Int16Array.from({ length: bytes.length >> 1 }, (_, index) => bytes.readInt16LE(index * 2)),
};

const FORMATS: ReadonlyMap<string, AudioFormat> = new Map([
  [PCM.type, PCM],
  ["audio/pcmu", telephone("audio/pcmu", toPcmu, fromPcmu)],
  ["audio/pcma", telephone("audio/pcma", toPcma, fromPcma)],
]);

/**
 * The audio format of one direction, from a session or the parameters of a response.
 *
 * @throws {@link ServiceError} 400 for an unknown format.
 */
export function audioFormatOf(session: Fields, direction: "input" | "output"): AudioFormat {
  const format = fieldsIn(fieldsIn(fieldsIn(session, "audio") ?? {}, direction) ?? {}, "format") ?? {};
  const type = stringIn(format, "type") ?? PCM.type;
  const found = FORMATS.get(type);
  if (found) return found;
  throw new ServiceError(400, {
    message: `Invalid value: '${type}'. Supported values are: ${Array.from(FORMATS.keys(), (name) => `'${name}'`).join(", ")}.`,
    param: `session.audio.${direction}.format.type`,
    code: "invalid_value",
  });
}

/** Duration of this many bytes, in milliseconds. */
export function lastingMs(bytes: number, { bytesPerSample, sampleRate }: AudioFormat): number {
  return (bytes / bytesPerSample / sampleRate) * 1000;
}

/** G.711: one byte per sample, 8 000 samples per second. */
function telephone(type: string, toByte: (sample: number) => number, fromByte: (byte: number) => number): AudioFormat {
  const sampleRate = 8_000;
  const step = SAMPLE_RATE / sampleRate;
  return {
    type,
    sampleRate,
    bytesPerSample: 1,
    encode: (samples) =>
      Buffer.from(
        Uint8Array.from({ length: Math.floor(samples.length / step) }, (_, at) => toByte(samples[at * step] ?? 0)),
      ),
    decode: (bytes) => Int16Array.from(bytes, fromByte),
  };
}
