import { describe } from "vitest";
import { audio, handoff, heard, rows } from "./support.ts";

describe("what v1 decodes", () => {
  const frame = { data: "AAA=", sampleRate: 48000, numChannels: 1 };
  const without = (name: string) => Object.fromEntries(Object.entries(audio).filter(([each]) => each !== name));
  rows("v1", [
    ["audio", audio, { type: "audio_out", frame }],
    [
      "audio with its samples",
      { ...audio, samples_per_channel: 960 },
      { type: "audio_out", frame: { ...frame, samplesPerChannel: 960 } },
    ],
    ["audio in data", { ...without("delta"), data: "AAA=" }, { type: "audio_out", frame }],
    ["audio, delta before data", { ...audio, data: "BBB=" }, { type: "audio_out", frame }],
    ["audio with num_channels", { ...without("channels"), num_channels: 1 }, { type: "audio_out", frame }],
    ["audio of an item, whose id is left out", { ...audio, item_id: "i" }, { type: "audio_out", frame }],
    ["audio without channels", without("channels"), undefined],
    ["audio without a rate", without("sample_rate"), undefined],
    ["audio without data", without("delta"), undefined],
    [
      "audio whose channels are null, whatever num_channels says",
      { ...audio, channels: null, num_channels: 1 },
      undefined,
    ],
    ["audio whose channels are a word", { ...audio, channels: "mono" }, undefined],
    ["audio of too many channels", { ...audio, channels: 65536 }, undefined],
    ["audio of a broken rate", { ...audio, sample_rate: 0.5 }, undefined],
    ["audio of a negative rate", { ...audio, sample_rate: -1 }, undefined],
    ["audio of a rate beyond 32 bits", { ...audio, sample_rate: 2 ** 32 }, undefined],
    [
      "audio of the highest rate",
      { ...audio, sample_rate: 2 ** 32 - 1 },
      { type: "audio_out", frame: { ...frame, sampleRate: 2 ** 32 - 1 } },
    ],
    ["audio whose samples cannot be read", { ...audio, samples_per_channel: "many" }, { type: "audio_out", frame }],
    [
      "what the user says",
      { type: "conversation.input_transcript.delta", delta: "d" },
      { type: "input_transcript.delta", delta: "d" },
    ],
    [
      "what the model says",
      { type: "conversation.output_transcript.delta", delta: "d" },
      { type: "output_transcript.delta", delta: "d" },
    ],
    ["a delta that is not a text", { type: "conversation.output_transcript.delta", delta: 1 }, undefined],
    ["a handoff", handoff, heard],
    ["a handoff without text", { ...handoff, input_transcript: "" }, { ...heard, inputTranscript: "" }],
    ["a handoff without an id", { ...handoff, handoff_id: null }, undefined],
    ["a handoff without an item", { ...handoff, item_id: 1 }, undefined],
    [
      "a handoff without a transcript",
      { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i" },
      undefined,
    ],
    ["a response of the later protocols", { type: "response.created", response: { id: "r" } }, undefined],
    ["speech of the later protocols", { type: "input_audio_buffer.speech_started" }, undefined],
  ]);
});
