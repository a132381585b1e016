import { fieldOf, isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { AudioEncoding, RealtimeAudioFrame, RealtimeEvent } from "../events.ts";
import type { EventStage } from "./protocol.ts";

const PCM_BYTES = 2;
/** G.711 always has this sample rate. */
const TELEPHONE_RATE = 8_000;
const ENCODINGS: ReadonlyMap<unknown, AudioEncoding> = new Map([
  ["audio/pcmu", "pcmu"],
  ["audio/pcma", "pcma"],
]);

/** Duration of a frame in whole milliseconds; 0 if its format is unusable. */
export function durationMs({ data, samplesPerChannel, numChannels, sampleRate, encoding }: RealtimeAudioFrame): number {
  if (sampleRate === 0 || numChannels === 0) return 0;
  const bytesPerSample = encoding === undefined ? PCM_BYTES : 1;
  const samples = samplesPerChannel ?? Math.floor(Buffer.byteLength(data, "base64") / bytesPerSample / numChannels);
  return Math.floor((samples * 1000) / sampleRate);
}

/** Adds the coding to each piece of audio: the audio events lack it, but the session or the response has it. */
export class AudioFormats implements EventStage {
  #ofSession: AudioEncoding | undefined;
  /** Formats of running responses that have one of their own. */
  readonly #ofResponses = new Map<string, AudioEncoding | undefined>();

  observe(event: RealtimeEvent): RealtimeEvent {
    switch (event.type) {
      case "session_created":
      case "session_updated":
        this.#learn(event.session);
        return event;
      case "response_created":
        if (event.responseId !== undefined && event.audioFormat) {
          this.#ofResponses.set(event.responseId, ENCODINGS.get(event.audioFormat.type));
        }
        return event;
      case "response_done":
      case "response_cancelled":
        this.#ofResponses.delete(event.responseId ?? "");
        return event;
      case "audio_out":
        return this.#labelled(event);
      default:
        return event;
    }
  }

  #learn(session: JsonObject | undefined): void {
    const format = fieldOf(fieldOf(session?.audio, "output"), "format");
    if (isJsonObject(format)) this.#ofSession = ENCODINGS.get(format.type);
  }

  #labelled(event: RealtimeEvent & { readonly type: "audio_out" }): RealtimeEvent {
    const { responseId, frame } = event;
    const isOwn = responseId !== undefined && this.#ofResponses.has(responseId);
    const encoding = isOwn ? this.#ofResponses.get(responseId) : this.#ofSession;
    if (encoding === undefined) return event;
    return { ...event, frame: { ...frame, sampleRate: TELEPHONE_RATE, encoding } };
  }
}
