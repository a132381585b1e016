import { type AudioFormat, lastingMs } from "./audio-format.ts";

/** Mean amplitude of a chunk below which it counts as silence. */
const SILENCE_LEVEL = 200;

/** In milliseconds since the first audio. */
export interface HeardSpeech {
  readonly startMs: number;
  /** Absent while the speech continues. */
  readonly endMs?: number;
}

/** Distinguishes speech from silence in the audio that the client sends. Audio is measured, not kept. */
export class Hearing {
  readonly #silenceMs: () => number;
  #heardMs = 0;
  #bufferedMs = 0;
  #speechFromMs: number | undefined;
  #loudUntilMs = 0;

  /** @param silenceMs - How long it must be quiet before the speech counts as finished; infinite if this is not decided here. */
  constructor(silenceMs: () => number) {
    this.#silenceMs = silenceMs;
  }

  get isSpeaking(): boolean {
    return this.#speechFromMs !== undefined;
  }

  /** Audio not yet committed, in milliseconds. */
  get bufferedMs(): number {
    return this.#bufferedMs;
  }

  /** @returns The speech, for the chunk with which it begins and for the one with which it ends. */
  hear(audio: Buffer, format: AudioFormat): HeardSpeech | undefined {
    const chunkMs = lastingMs(audio.length, format);
    const startMs = this.#heardMs;
    this.#heardMs += chunkMs;
    this.#bufferedMs += chunkMs;
    if (loudnessOf(format.decode(audio)) > SILENCE_LEVEL) {
      this.#loudUntilMs = this.#heardMs;
      if (this.isSpeaking) return undefined;
      this.#speechFromMs = startMs;
      return { startMs: Math.round(startMs) };
    }
    const isOver = this.isSpeaking && this.#heardMs - this.#loudUntilMs >= this.#silenceMs();
    return isOver ? this.finish() : undefined;
  }

  /** Ends the speech so far. */
  finish(): Required<HeardSpeech> {
    const startMs = this.#speechFromMs ?? this.#heardMs - this.#bufferedMs;
    const endMs = this.isSpeaking ? this.#loudUntilMs : this.#heardMs;
    this.clear();
    return { startMs: Math.round(startMs), endMs: Math.round(endMs) };
  }

  clear(): void {
    this.#speechFromMs = undefined;
    this.#bufferedMs = 0;
  }
}

function loudnessOf(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += Math.abs(sample);
  return sum / samples.length;
}
