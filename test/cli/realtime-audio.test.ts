import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { talk } from "./realtime-support.ts";

function file(name: string): string {
  const folder = temporaryFolder("realtime");
  return join(folder, name);
}

interface WavFields {
  readonly coding?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  /** Instead of the true length. */
  readonly length?: number;
  /** Chunks between the format and the sound. */
  readonly between?: Buffer;
}

function chunk(name: string, content: Buffer, length = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, content]);
}

function wav(pcm: Buffer, fields: WavFields = {}): Buffer {
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

const speech = Buffer.alloc(24 * 2 * 300, 0x20); // 300 ms

/** The content of the file as a player reads it. */
function playable(path: string) {
  const bytes = readFileSync(path);
  return {
    riff: [bytes.toString("latin1", 0, 4), bytes.readUInt32LE(4) + 8, bytes.toString("latin1", 8, 16)],
    format: [bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt32LE(28)],
    frame: [bytes.readUInt16LE(32), bytes.readUInt16LE(34)],
    data: [bytes.toString("latin1", 36, 40), bytes.readUInt32LE(40)],
    size: bytes.length,
  };
}

function soundOf(length: number) {
  const size = length + 44;
  return {
    riff: ["RIFF", size, "WAVEfmt "],
    format: [1, 1, 24_000, 48_000],
    frame: [2, 16],
    data: ["data", length],
    size,
  };
}

describe("realtime --out", () => {
  it("writes what the model says as a WAV file", async () => {
    const path = file("out.wav");
    const { status, stderr } = await talk(["--out", path, "repeat: one two"]);
    expect(status).toBe(0);
    expect(playable(path)).toEqual(soundOf((3 + 4) * 1_500 * 2));
    expect(stderr).toContain(`0.4 s of audio written to ${path}`);
  });

  it("leaves a file that can be played when it is interrupted", async () => {
    const path = file("out.wav");
    const emulator = await emulate({ pace: { delayMsPerWord: 50 } });
    const { status } = await runCommand(["realtime", "--base-url", emulator.url, "--out", path, "count to 500"], {
      onStart: (child) => {
        const onText = (piece: string): void => {
          if (!piece.includes("3,")) return;
          child.stdout?.off("data", onText); // a second signal would end it without manners
          child.kill("SIGINT");
        };
        child.stdout?.on("data", onText);
      },
    });
    expect(status).toBe(130);
    const { size } = playable(path);
    expect(size).toBeGreaterThan(44 + 3 * 1_500 * 2);
    expect(playable(path)).toEqual(soundOf(size - 44));
  });

  it("is a usage error for a file that cannot be written, before anything is sent", async () => {
    const { status, stderr, emulator } = await talk(["--out", file("none/out.wav"), "x"]);
    expect(status).toBe(2);
    expect(stderr).toContain("cannot be written: ENOENT");
    expect(emulator.requests).toEqual([]);
  });
});

describe("realtime --wav", () => {
  it.each<[string, WavFields]>([
    ["as it is", {}],
    ["whose length nobody knew", { length: 0xffff_ffff }],
    ["that is shorter than it says", { length: 1_000_000 }],
    [
      "with other chunks, odd ones too",
      { between: Buffer.concat([chunk("LIST", Buffer.from("abc")), Buffer.alloc(1)]) },
    ],
    ["in the extensible format", { coding: 0xfffe }],
  ])("sends a recording %s, in real time", async (_what, fields) => {
    const path = file("in.wav");
    writeFileSync(path, wav(speech, fields));
    const startedAt = performance.now();
    const { status, stdout, sent } = await talk(["--wav", path, "--modality", "text"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^user: sound of 0\.3 seconds\nassistant: This is the codex-wire emulator/);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000); // its own length, and the silence after it
    const audio = sent().flatMap((json) =>
      json?.type === "input_audio_buffer.append" ? [(json as unknown as { audio: string }).audio] : [],
    );
    expect(Buffer.concat(audio.map((each) => Buffer.from(each, "base64"))).subarray(0, speech.length)).toEqual(speech);
    expect(audio).toHaveLength(3 + 12);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      "another rate",
      wav(speech, { rate: 44_100 }),
      /holds 44100 Hz, mono, 16 bits, PCM; .*24000 Hz mono 16-bit PCM.*ffmpeg -i/,
    ],
    ["two channels", wav(speech, { channels: 2 }), /holds 24000 Hz, 2 channels, 16 bits/],
    ["floating point", wav(speech, { coding: 3, bits: 32 }), /mono, 32 bits, coding 3/],
    ["no RIFF", Buffer.from("ID3 and so on, an MP3"), /is no WAV file/],
    ["nothing", Buffer.alloc(0), /is no WAV file/],
    ["no sound", wav(speech).subarray(0, 36), /holds no sound/],
    [
      "sound before its format",
      chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("data", speech)])),
      /does not say its format/,
    ],
    ["half a format", chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", Buffer.alloc(4))])), /cut short/],
  ])("is a usage error for a file with %s, before anything is sent", async (_what, content, message) => {
    const path = file("in.wav");
    writeFileSync(path, content);
    const { status, stderr, emulator } = await talk(["--wav", path]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(emulator.requests).toEqual([]);
  });

  it("fails soon after a recording that the service took for silence, and reports that", async () => {
    const path = file("silent.wav");
    writeFileSync(path, wav(Buffer.alloc(speech.length)));
    // Shorter than the recording: only what follows it counts.
    const { status, stdout, stderr } = await talk(["--wav", path, "--idle-timeout-ms", "500"]);
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toBe("codex-wire: stream: the service took the recording for silence: it said nothing to it\n");
  });

  it("fails with the reason if the session ends in the middle of the recording", async () => {
    const path = file("in.wav");
    writeFileSync(path, wav(speech));
    const { status, stderr } = await talk(["--wav", path], {
      emulator: { script: [{}, {}, { close: { code: 1011 } }] },
    });
    expect(status).toBe(4);
    expect(stderr).toContain("the service closed the realtime session with code 1011");
  });

  it("can be interrupted at once", async () => {
    const path = file("in.wav");
    writeFileSync(path, wav(Buffer.alloc(48_000 * 60)));
    const emulator = await emulate();
    const { status } = await runCommand(["realtime", "--base-url", emulator.url, "--json", "--wav", path], {
      onStart: (child) => child.stdout?.once("data", () => child.kill("SIGINT")),
    });
    expect(status).toBe(130);
  });
});
