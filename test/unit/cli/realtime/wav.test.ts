import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../../src/cli/failure.ts";
import { openWav } from "../../../../src/cli/realtime/wav.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { chunk, speech, type WavFields, wav } from "../../../support/wav.ts";

function fileOf(content: Buffer): string {
  const path = join(temporaryFolder("wav"), "in.wav");
  writeFileSync(path, content);
  return path;
}

async function soundIn(content: Buffer, bytes: number): Promise<Buffer[]> {
  const source = await openWav(fileOf(content));
  try {
    const pieces: Buffer[] = [];
    for await (const piece of source.chunks(bytes)) pieces.push(piece);
    return pieces;
  } finally {
    await source.close();
  }
}

describe("a recording", () => {
  it.each<[string, WavFields]>([
    ["in the plain form", {}],
    ["of unknown length", { length: 0xffff_ffff }],
    ["that is shorter than it declares", { length: 1_000_000 }],
    [
      "with other chunks, of odd length too",
      { between: Buffer.concat([chunk("LIST", Buffer.from("abc")), Buffer.alloc(1)]) },
    ],
    ["in the extensible format", { coding: 0xfffe }],
  ])("%s is read in pieces, the last one shorter", async (_what, fields) => {
    const pieces = await soundIn(wav(speech, fields), 10_000);
    expect(Buffer.concat(pieces)).toEqual(speech);
    expect(pieces.map(({ length }) => length)).toEqual([10_000, 4_400]);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      "another rate",
      wav(speech, { rate: 44_100 }),
      /holds 44100 Hz, mono, 16 bits, PCM; .*24000 Hz mono 16-bit PCM.*ffmpeg -i/,
    ],
    ["two channels", wav(speech, { channels: 2 }), /holds 24000 Hz, 2 channels, 16 bits/],
    ["floating point", wav(speech, { coding: 3, bits: 32 }), /mono, 32 bits, coding 3/],
    ["no RIFF header", Buffer.from("ID3 and so on, an MP3"), /is no WAV file/],
    ["no content", Buffer.alloc(0), /is no WAV file/],
    ["no sound", wav(speech).subarray(0, 36), /holds no sound/],
    [
      "its sound before its format",
      chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("data", speech)])),
      /does not say its format/,
    ],
    ["half a format", chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", Buffer.alloc(4))])), /cut short/],
  ])("with %s is a usage error", async (_what, content, message) => {
    const error: unknown = await openWav(fileOf(content)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(message);
  });
});
