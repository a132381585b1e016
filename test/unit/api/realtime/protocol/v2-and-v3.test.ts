import { describe, expect, it } from "vitest";
import type { RealtimeEvent } from "../../../../../src/api/realtime/events.ts";
import { audio, call, finished, handoff, heard, parse, rows } from "./support.ts";

const spoken = { data: "AAA=", sampleRate: 24000, numChannels: 1 };

/** Events that `v2` and `v3` read in the same way; `agent` is the tool that gets tasks. */
function publicRows(name: "v2" | "v3", agent: string): void {
  const task = (text: unknown) => finished(call(agent, { arguments: text }));
  const said = (inputTranscript: string) => ({ ...heard, inputTranscript });
  rows(name, [
    ["audio", { type: "response.output_audio.delta", delta: "AAA=" }, { type: "audio_out", frame: spoken }],
    [
      "audio under its old name, of an item",
      {
        type: "response.audio.delta",
        delta: "AAA=",
        item_id: "i",
        sample_rate: 16000,
        channels: 2,
        samples_per_channel: 4,
      },
      {
        type: "audio_out",
        frame: { data: "AAA=", sampleRate: 16000, numChannels: 2, samplesPerChannel: 4, itemId: "i" },
      },
    ],
    [
      "audio with num_channels",
      { type: "response.audio.delta", delta: "AAA=", num_channels: 2 },
      { type: "audio_out", frame: { ...spoken, numChannels: 2 } },
    ],
    [
      "audio whose channels are null as mono, whatever num_channels says",
      { type: "response.audio.delta", delta: "AAA=", channels: null, num_channels: 2 },
      { type: "audio_out", frame: spoken },
    ],
    ["audio in data", { type: "response.output_audio.delta", data: "AAA=" }, undefined],
    [
      "what the user says",
      { type: "conversation.item.input_audio_transcription.delta", delta: "d" },
      { type: "input_transcript.delta", delta: "d" },
    ],
    [
      "what the model says",
      { type: "response.output_audio_transcript.delta", delta: "d" },
      { type: "output_transcript.delta", delta: "d" },
    ],
    [
      "what the model writes",
      { type: "response.output_text.delta", delta: "d" },
      { type: "output_transcript.delta", delta: "d" },
    ],
    [
      "speech",
      { type: "input_audio_buffer.speech_started", item_id: "i" },
      { type: "input_audio_speech_started", itemId: "i" },
    ],
    ["speech without an item", { type: "input_audio_buffer.speech_started" }, { type: "input_audio_speech_started" }],
    [
      "a cancelled response",
      { type: "response.cancelled", response: { id: "r" } },
      { type: "response_cancelled", responseId: "r" },
    ],
    [
      "a cancelled response, with the id beside it",
      { type: "response.cancelled", response: null, response_id: "r" },
      { type: "response_cancelled", responseId: "r" },
    ],
    ["a cancelled response without an id", { type: "response.cancelled" }, { type: "response_cancelled" }],
    ["a handoff", finished(call(agent)), heard],
    [
      "a handoff without a call id",
      finished({ type: "function_call", name: agent, id: "i", arguments: "" }),
      { ...heard, handoffId: "i", inputTranscript: "" },
    ],
    [
      "a handoff without an item id",
      finished({ type: "function_call", name: agent, call_id: "h", arguments: "x" }),
      { ...heard, itemId: "h", inputTranscript: "x" },
    ],
    ["a handoff without any id", finished({ type: "function_call", name: agent, arguments: "x" }), undefined],
    ["a handoff without arguments", finished({ ...call(agent), arguments: undefined }), said("")],
    ["a handoff whose arguments are not a text", task({ prompt: "t" }), said("")],
    ["a handoff whose arguments are not JSON", task(" do it "), said(" do it ")],
    ["a handoff whose arguments are a list", task('["a"]'), said('["a"]')],
    ["a handoff, trimmed", task('{"prompt":"  t "}'), said("t")],
    [
      "a handoff with other field names, the first one that has text",
      task('{"query":"q","text":"x","input":" ","input_transcript":1}'),
      said("x"),
    ],
    ["a handoff with unknown arguments", task('{"a":"b"}'), said('{"a":"b"}')],
    [
      "a call of another tool",
      finished(call("own")),
      { type: "conversation_item.done", itemId: "i", item: call("own") },
    ],
    ["audio of v1", audio, undefined],
    ["a handoff of v1", handoff, undefined],
  ]);
}

describe("what v2 decodes", () => {
  const output = (...items: readonly unknown[]) => ({ type: "response.done", response: { id: "r", output: items } });
  const whole = (item: unknown): RealtimeEvent => ({ type: "conversation_item.added", item });
  publicRows("v2", "codex");
  rows("v2", [
    [
      "the whole user transcript as one more delta",
      { type: "conversation.item.input_audio_transcription.completed", transcript: "d" },
      { type: "input_transcript.delta", delta: "d" },
    ],
    ["a whole text of the model", { type: "response.output_text.done", text: "d" }, undefined],
    [
      "the beginning of a response",
      { type: "response.created", response: { id: "r" } },
      whole({ type: "response.created", response: { id: "r" } }),
    ],
    ["the end of a response", output(), whole(output())],
    ["the end of a response with a handoff", output({ type: "message" }, call("codex")), heard],
    [
      "the end of a response whose first handoff is unusable",
      output({ type: "function_call", name: "codex" }, call("codex")),
      whole(output({ type: "function_call", name: "codex" }, call("codex"))),
    ],
    ["the end of a response without a response", { type: "response.done" }, whole({ type: "response.done" })],
    [
      "a call of the later agent",
      finished(call("background_agent")),
      { type: "conversation_item.done", itemId: "i", item: call("background_agent") },
    ],
  ]);
});

describe("what v3 decodes", () => {
  publicRows("v3", "background_agent");
  rows("v3", [
    [
      "the whole user transcript",
      { type: "conversation.item.input_audio_transcription.completed", transcript: "d" },
      { type: "input_transcript.done", text: "d" },
    ],
    [
      "the whole text of the model",
      { type: "response.output_text.done", text: "d" },
      { type: "output_transcript.done", text: "d" },
    ],
    [
      "the whole transcript of the model",
      { type: "response.output_audio_transcript.done", transcript: "d" },
      { type: "output_transcript.done", text: "d" },
    ],
    ["a whole text that is missing", { type: "response.output_text.done" }, undefined],
    [
      "the beginning of a response",
      { type: "response.created", response: { id: "r" } },
      { type: "response_created", responseId: "r" },
    ],
    [
      "the end of a response, with the id beside it",
      { type: "response.done", response_id: "r" },
      { type: "response_done", responseId: "r" },
    ],
    ["the end of a response without an id", { type: "response.done" }, { type: "response_done" }],
    [
      "the end of a response with a handoff only as an end",
      { type: "response.done", response: { id: "r", output: [call("background_agent")] } },
      { type: "response_done", responseId: "r" },
    ],
    ["a decision to be silent", finished(call("remain_silent")), { type: "noop_requested", callId: "h", itemId: "i" }],
    [
      "a decision to be silent without an item id",
      finished({ type: "function_call", name: "remain_silent", call_id: "h" }),
      { type: "noop_requested", callId: "h", itemId: "h" },
    ],
    [
      "a call of the agent of March",
      finished(call("codex")),
      { type: "conversation_item.done", itemId: "i", item: call("codex") },
    ],
  ]);
});

it("an audio format written as texts is read", () => {
  const audio = { type: "response.audio.delta", delta: "AA==", sample_rate: "16000", channels: "2" };
  expect(parse("v3", audio)).toMatchObject({ frame: { sampleRate: 16_000, numChannels: 2 } });
});
