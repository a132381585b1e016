/** What a WAV file declares; the default is what a realtime session takes. */
export interface WavFields {
  readonly coding?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  /** Instead of the true length. */
  readonly length?: number;
  /** Chunks between the format and the sound. */
  readonly between?: Buffer;
}

/** A chunk of a RIFF file. */
export function chunk(name: string, content: Buffer, length = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, content]);
}

/** A WAV file with this sound. */
export function wav(pcm: Buffer, fields: WavFields = {}): Buffer {
  const { coding = 1, channels = 1, rate = 24_000, bits = 16, length, between = Buffer.alloc(0) } = fields;
  const format = Buffer.alloc(coding === 0xfffe ? 40 : 16);
  format.writeUInt16LE(coding, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(bits, 14);
  if (coding === 0xfffe) format.writeUInt16LE(1, 24);
  const body = Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", format), between, chunk("data", pcm, length)]);
  return chunk("RIFF", body);
}

export const speech = Buffer.alloc(24 * 2 * 300, 0x20); // 300 ms at 24 kHz
