import { describe, expect, it } from "vitest";
import type { RealtimeEvent } from "../../../../../src/api/realtime/events.ts";
import { parseFrame } from "../../../../../src/api/realtime/protocol/decoders.ts";
import { protocols } from "../../../../../src/api/realtime/protocol/protocols.ts";
import type { RealtimeProtocolName } from "../../../../../src/api/realtime/settings.ts";

function parse(name: RealtimeProtocolName, wire: unknown): RealtimeEvent | undefined {
  const parsed = parseFrame(protocols[name].decoders, typeof wire === "string" ? wire : JSON.stringify(wire));
  return "event" in parsed ? parsed.event : undefined;
}

type Row = readonly [what: string, wire: unknown, event: RealtimeEvent | undefined];

function rows(name: RealtimeProtocolName, table: readonly Row[]): void {
  it.each(table)(`${name}: %s`, (_what, wire, event) => {
    if (name === "v3" && event) expect(parse(name, wire)).toMatchObject(event);
    else expect(parse(name, wire)).toEqual(event);
  });
}

const all: readonly Row[] = [
  [
    "session.updated",
    { type: "session.updated", session: { id: "s", instructions: "i" } },
    { type: "session_updated", sessionId: "s", instructions: "i" },
  ],
  [
    "session.updated without instructions",
    { type: "session.updated", session: { id: "s" } },
    { type: "session_updated", sessionId: "s" },
  ],
  [
    "session.updated with instructions that are no text",
    { type: "session.updated", session: { id: "s", instructions: 1 } },
    { type: "session_updated", sessionId: "s" },
  ],
  ["session.updated without an id", { type: "session.updated", session: {} }, undefined],
  ["session.updated without a session", { type: "session.updated", session: null }, undefined],
  [
    "an item of any shape",
    { type: "conversation.item.added", item: { type: "x", seq: 11 } },
    { type: "conversation_item.added", item: { type: "x", seq: 11 } },
  ],
  [
    "an item that is null",
    { type: "conversation.item.added", item: null },
    { type: "conversation_item.added", item: null },
  ],
  ["an added item that is missing", { type: "conversation.item.added" }, undefined],
  [
    "a finished item",
    { type: "conversation.item.done", item: { id: "i", a: 1 } },
    { type: "conversation_item.done", itemId: "i", item: { id: "i", a: 1 } },
  ],
  ["a finished item without an id", { type: "conversation.item.done", item: { id: 1 } }, undefined],
  ["a finished item that is none", { type: "conversation.item.done", item: "i" }, undefined],
  ["an error's message", { type: "error", message: "m", error: { message: "e" } }, { type: "error", message: "m" }],
  [
    "an error's message inside",
    { type: "error", message: 1, error: { message: "e" } },
    { type: "error", message: "e" },
  ],
  ["an error without a message", { type: "error", error: { code: 1 } }, { type: "error", message: '{"code":1}' }],
  ["an error that is a text", { type: "error", error: "bad" }, { type: "error", message: '"bad"' }],
  ["an error that is null", { type: "error", error: null }, { type: "error", message: "null" }],
  ["an error without anything", { type: "error", code: 1 }, { type: "error", message: "an error without a reason" }],
  ["what is no JSON", "ping", undefined],
  ["JSON that is no object", "[1]", undefined],
  ["an object without a type", { session: { id: "s" } }, undefined],
  ["a type that is no text", { type: 1 }, undefined],
  ["an unknown type", { type: "rate_limits.updated" }, undefined],
  ["a type that every object has", { type: "constructor" }, undefined],
];

describe("what all protocols read", () => {
  rows("v1", all);
  rows("v2", all);
  rows("v3", all);
});

const audio = { type: "conversation.output_audio.delta", delta: "AAA=", sample_rate: 48000, channels: 1 };
const handoff = { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i", input_transcript: "t" };
const heard = {
  type: "handoff_requested",
  handoffId: "h",
  itemId: "i",
  inputTranscript: "t",
  activeTranscript: [],
} as const;

describe("what v1 reads", () => {
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
    ["audio of an item, which has no name here", { ...audio, item_id: "i" }, { type: "audio_out", frame }],
    ["audio without channels", without("channels"), undefined],
    ["audio without a rate", without("sample_rate"), undefined],
    ["audio without data", without("delta"), undefined],
    [
      "audio whose channels are null, for all num_channels says",
      { ...audio, channels: null, num_channels: 1 },
      undefined,
    ],
    ["audio whose channels are a word", { ...audio, channels: "mono" }, undefined],
    ["audio of too many channels", { ...audio, channels: 65536 }, undefined],
    ["audio of a broken rate", { ...audio, sample_rate: 0.5 }, undefined],
    ["audio of a rate below zero", { ...audio, sample_rate: -1 }, undefined],
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
    ["a piece that is no text", { type: "conversation.output_transcript.delta", delta: 1 }, undefined],
    ["a handoff", handoff, heard],
    ["a handoff without words", { ...handoff, input_transcript: "" }, { ...heard, inputTranscript: "" }],
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

function call(name: string, fields: object = {}) {
  return { type: "function_call", name, id: "i", call_id: "h", arguments: '{"prompt":"t"}', ...fields };
}

function finished(item: unknown) {
  return { type: "conversation.item.done", item };
}

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
      "audio whose channels are null as mono, for all num_channels says",
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
      "a cancelled response, id beside",
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
    ["a handoff whose arguments are no text", task({ prompt: "t" }), said("")],
    ["a handoff whose arguments are no JSON", task(" do it "), said(" do it ")],
    ["a handoff whose arguments are a list", task('["a"]'), said('["a"]')],
    ["a handoff, trimmed", task('{"prompt":"  t "}'), said("t")],
    [
      "a handoff under another name, the first that says something",
      task('{"query":"q","text":"x","input":" ","input_transcript":1}'),
      said("x"),
    ],
    ["a handoff with arguments of no known name", task('{"a":"b"}'), said('{"a":"b"}')],
    [
      "a call of another tool",
      finished(call("own")),
      { type: "conversation_item.done", itemId: "i", item: call("own") },
    ],
    ["audio of v1", audio, undefined],
    ["a handoff of v1", handoff, undefined],
  ]);
}

describe("what v2 reads", () => {
  const output = (...items: readonly unknown[]) => ({ type: "response.done", response: { id: "r", output: items } });
  const whole = (item: unknown): RealtimeEvent => ({ type: "conversation_item.added", item });
  publicRows("v2", "codex");
  rows("v2", [
    [
      "all of what the user said as one more piece",
      { type: "conversation.item.input_audio_transcription.completed", transcript: "d" },
      { type: "input_transcript.delta", delta: "d" },
    ],
    ["a whole text of the model", { type: "response.output_text.done", text: "d" }, undefined],
    [
      "the begin of a response",
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

describe("what v3 reads", () => {
  publicRows("v3", "background_agent");
  rows("v3", [
    [
      "all of what the user said",
      { type: "conversation.item.input_audio_transcription.completed", transcript: "d" },
      { type: "input_transcript.done", text: "d" },
    ],
    [
      "all of what the model wrote",
      { type: "response.output_text.done", text: "d" },
      { type: "output_transcript.done", text: "d" },
    ],
    [
      "all of what the model said",
      { type: "response.output_audio_transcript.done", transcript: "d" },
      { type: "output_transcript.done", text: "d" },
    ],
    ["a whole text that is missing", { type: "response.output_text.done" }, undefined],
    [
      "the begin of a response",
      { type: "response.created", response: { id: "r" } },
      { type: "response_created", responseId: "r" },
    ],
    [
      "the end of a response, id beside",
      { type: "response.done", response_id: "r" },
      { type: "response_done", responseId: "r" },
    ],
    ["the end of a response without an id", { type: "response.done" }, { type: "response_done" }],
    [
      "the end of a response with a handoff as an end alone",
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

describe("what only v3 tells", () => {
  const counts = { text_tokens: 1, audio_tokens: 2, image_tokens: 3 };
  const counted = { textTokens: 1, audioTokens: 2, imageTokens: 3 };
  const usage = {
    input_tokens: 9,
    output_tokens: 6,
    total_tokens: 15,
    input_token_details: { ...counts, cached_tokens: 4, cached_tokens_details: counts },
    output_token_details: counts,
  };
  const error = { type: "t", code: "c", message: "m" };
  rows("v3", [
    [
      "a conversation",
      { type: "conversation.created", conversation: { id: "c" } },
      { type: "conversation_created", conversationId: "c" },
    ],
    [
      "a conversation that is none",
      { type: "conversation.created", conversation: "c" },
      { type: "conversation_created" },
    ],
    [
      "what a response cost, and why it failed",
      {
        type: "response.done",
        response: {
          id: "r",
          status: "failed",
          status_details: { type: "failed", reason: "why", error },
          usage,
          metadata: { a: "b" },
        },
      },
      {
        type: "response_done",
        responseId: "r",
        status: "failed",
        statusDetails: { type: "failed", reason: "why", error },
        usage: {
          inputTokens: 9,
          cachedInputTokens: 4,
          outputTokens: 6,
          totalTokens: 15,
          inputTokenDetails: { ...counted, cachedTokensDetails: counted },
          outputTokenDetails: counted,
        },
        metadata: { a: "b" },
      },
    ],
    [
      "a response whose fields are of other types",
      { type: "response.done", response: { id: 1, status_details: { error: "e" }, usage: { input_token_details: 1 } } },
      { type: "response_done", statusDetails: {}, usage: {} },
    ],
    [
      "a transcription that failed",
      { type: "conversation.item.input_audio_transcription.failed", item_id: "i", error: { ...error, param: "p" } },
      { type: "input_transcript.failed", itemId: "i", error: { ...error, param: "p" } },
    ],
    [
      "a transcription that failed without saying why",
      { type: "conversation.item.input_audio_transcription.failed", item_id: "i", error: null },
      { type: "input_transcript.failed", itemId: "i", error: {} },
    ],
    [
      "a segment of what was said, in milliseconds",
      { type: "conversation.item.input_audio_transcription.segment", text: "t", id: "s", start: 0.5, end: 1.25 },
      { type: "input_transcript.segment", text: "t", segmentId: "s", startMs: 500, endMs: 1250 },
    ],
    [
      "a segment without times",
      { type: "conversation.item.input_audio_transcription.segment", text: "t" },
      { type: "input_transcript.segment", text: "t" },
    ],
    ["a segment without words", { type: "conversation.item.input_audio_transcription.segment" }, undefined],
    ["a key of the telephone", dtmf("5"), { type: "input_audio_buffer.dtmf_event_received", key: "5" }],
    ["a key that is missing", dtmf(undefined), undefined],
  ]);

  function dtmf(event: string | undefined) {
    return { type: "input_audio_buffer.dtmf_event_received", event };
  }

  it("an error too deep to be written again is the whole event", () => {
    const depth = 100_000;
    const text = `{"type":"error","error":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const event = parse("v3", text) as { readonly message?: string };
    expect(event).toMatchObject({ type: "error" });
    expect([text, text.slice(24, -1)]).toContain(event.message); // Node 26 writes any depth
  });
});

// parity: realtime/error-in-any-form
describe.each(["v1", "v2", "v3"] as const)("an error in any form is an error event in %s", (name) => {
  it.each([
    [{ type: "error" }, "an error without a reason"],
    [{ type: "error", detail: "boom" }, "boom"],
    [{ error: "boom" }, '"boom"'],
    [{ message: "boom", connectionId: "c", requestId: "r" }, "boom"],
    [{ error: { message: "boom", code: 500 } }, "boom"],
    [{ object: "error", type: "BadRequestError", message: "boom", code: 400 }, "boom"],
    [{ type: "RateLimitError", message: "boom" }, "boom"],
  ])("%j", (event, message) => {
    expect(parse(name, event)).toMatchObject({ type: "error", message });
  });

  it("also where it is damaged, behind a byte order mark, or has numbers that JSON does not have", () => {
    expect(parse(name, '{"type":"error","message":"bo')).toMatchObject({
      type: "error",
      message: expect.stringContaining("damaged"),
    });
    expect(parse(name, '\uFEFF{"type":"error","message":"boom","after":NaN}')).toMatchObject({ message: "boom" });
  });

  it("and an event that the service may have added is none", () => {
    const added = { type: "session.notice", message: "boom", code: 400 };
    expect(parseFrame(protocols[name].decoders, JSON.stringify(added))).toMatchObject({
      skipped: { reason: "unknown type" },
    });
  });
});

it("an error of v3 has its code and type, also where a gateway writes them in another form", () => {
  const vllm = { object: "error", type: "BadRequestError", message: "boom", param: "model", code: 400 };
  expect(parse("v3", vllm)).toEqual({
    ...{ type: "error", message: "boom", code: "400", errorType: "BadRequestError", param: "model" },
  });
});

it("an audio format written as texts is that format", () => {
  const audio = { type: "response.audio.delta", delta: "AA==", sample_rate: "16000", channels: "2" };
  expect(parse("v3", audio)).toMatchObject({ frame: { sampleRate: 16_000, numChannels: 2 } });
});

describe("a frame that gives no event", () => {
  it.each([
    ["is no JSON", "x", { skipped: { reason: "not JSON" } }],
    ["has no type", "{}", { skipped: { reason: "missing field" }, wire: {} }],
    ["is unknown", '{"type":"a","b":1}', { skipped: { type: "a", reason: "unknown type" }, wire: { type: "a", b: 1 } }],
    [
      "lacks a field",
      '{"type":"session.updated"}',
      { skipped: { type: "session.updated", reason: "missing field" }, wire: { type: "session.updated" } },
    ],
  ])("says so when it %s", (_what, text, parsed) => {
    expect(parseFrame(protocols.v3.decoders, text)).toEqual(parsed);
  });
});
