import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { speech, wav } from "../support/wav.ts";
import { talk } from "./realtime-support.ts";

function file(name: string): string {
  const folder = temporaryFolder("realtime");
  return join(folder, name);
}

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
  it("sends a recording in real time", async () => {
    const path = file("in.wav");
    writeFileSync(path, wav(speech));
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

  it("is a usage error for an unusable file, before anything is sent", async () => {
    const path = file("in.wav");
    writeFileSync(path, "ID3 and so on, an MP3");
    const { status, stderr, emulator } = await talk(["--wav", path]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/is no WAV file/);
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
