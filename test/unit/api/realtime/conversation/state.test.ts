import { describe, expect, it } from "vitest";
import {
  ConversationState,
  type ConversationStateOptions,
  type ConversationStep,
  handoffPrompt,
} from "../../../../../src/api/realtime/conversation/state.ts";
import type { RealtimeEvent, TranscriptEntry } from "../../../../../src/api/realtime/events.ts";

const created: RealtimeEvent = { type: "response_created" };
const done: RealtimeEvent = { type: "response_done" };
const cancelled: RealtimeEvent = { type: "response_cancelled" };
const active: RealtimeEvent = {
  type: "error",
  message: "Conversation already has an active response in progress: resp_1. Wait until it is finished.",
};

function payload(type: string): RealtimeEvent {
  return { type: "conversation_item.added", item: { type, response: { id: "r" } } };
}

function handoff(handoffId = "h", inputTranscript = "task"): RealtimeEvent {
  return { type: "handoff_requested", handoffId, itemId: "i", inputTranscript, activeTranscript: [] };
}

/** Audio of so many milliseconds. */
function audio(itemId: string | undefined, ms: number): RealtimeEvent {
  return {
    type: "audio_out",
    frame: { data: "", sampleRate: 24000, numChannels: 1, samplesPerChannel: ms * 24, itemId },
  };
}

function speech(itemId?: string): RealtimeEvent {
  return { type: "input_audio_speech_started", itemId };
}

type Happening = RealtimeEvent | "input";

/** The steps that all of it leads to, without those that pass on an event. */
function stepsOf(
  happenings: readonly Happening[],
  options: Partial<ConversationStateOptions> = {},
): ConversationStep[] {
  const state = new ConversationState({ protocol: "v3", ...options });
  const steps = happenings.flatMap((happening) =>
    happening === "input" ? state.inputSent() : state.observe(happening),
  );
  return steps.filter((step) => step.do !== "deliver");
}

const create = { do: "create_response" };

describe("a response is requested", () => {
  it.each<[string, readonly Happening[], readonly object[]]>([
    ["after something was said", ["input"], [create]],
    ["once while the model answers", ["input", "input"], [create]],
    ["when one that the service began by itself is over", [created, "input", done], [create]],
    ["when one is cancelled", [created, "input", cancelled], [create]],
    ["after one that is over", ["input", created, done, "input"], [create, create]],
    ["once for everything said meanwhile", [created, "input", "input", done, done], [create]],
    ["again when the service had one in progress", ["input", active, done], [create, create]],
    [
      "for the output of a handoff, even before the end of its response is reported",
      [created, handoff(), "input"],
      [{ do: "delegate", handoffId: "h", prompt: "task" }, create],
    ],
  ])("%s", (_what, happenings, steps) => {
    expect(stepsOf(happenings)).toEqual(steps);
  });

  it("with the payloads of v2", () => {
    expect(stepsOf([payload("response.created"), "input"], { protocol: "v2" })).toEqual([]);
    expect(stepsOf([payload("response.created"), "input", payload("response.done")], { protocol: "v2" })).toEqual([
      create,
    ]);
  });

  it("not by a handoff itself, because its output requests the postponed one", () => {
    const delegate = { do: "delegate", handoffId: "h", prompt: "task" };
    expect(stepsOf([created, "input", handoff()])).toEqual([delegate]);
    expect(stepsOf([created, "input", handoff(), "input", done])).toEqual([delegate, create]);
  });

  it("never in v1, where the service decides", () => {
    expect(stepsOf(["input", done, "input"], { protocol: "v1" })).toEqual([]);
  });

  it("not because of an item of any other shape", () => {
    for (const item of [null, "response.done", { type: 1 }]) {
      expect(stepsOf([created, "input", { type: "conversation_item.added", item }])).toEqual([]);
    }
  });
});

describe("the model's audio is truncated", () => {
  const cut = (itemId: string, audioEndMs: number) => ({ do: "truncate", itemId, audioEndMs });

  it.each<[string, readonly Happening[], readonly object[]]>([
    ["when the user interrupts it", [audio("a", 100), audio("a", 50), speech("u")], [cut("a", 150)]],
    ["with the item's own milliseconds", [audio("a", 100), audio("b", 50), speech()], [cut("b", 50)]],
    ["once", [audio("a", 100), speech(), speech()], [cut("a", 100)]],
    ["not when nothing is played", [speech()], []],
    ["not when it belongs to no item", [audio(undefined, 100), speech()], []],
    ["not after the response", [created, audio("a", 100), done, speech()], []],
    ["not after a cancelled one", [audio("a", 100), cancelled, speech()], []],
    ["not after a handoff", [audio("a", 100), handoff("h", ""), speech()], [{ do: "answer_empty", handoffId: "h" }]],
  ])("%s", (_what, happenings, steps) => {
    expect(stepsOf(happenings)).toEqual(steps);
  });

  it("in v2 when the speech names its item, or none", () => {
    expect(stepsOf([audio("a", 100), speech("a")], { protocol: "v2" })).toEqual([cut("a", 100)]);
    expect(stepsOf([audio("a", 100), speech()], { protocol: "v2" })).toEqual([cut("a", 100)]);
    expect(stepsOf([audio("a", 100), speech("u")], { protocol: "v2" })).toEqual([]);
  });

  // parity: realtime/interrupted-audio
  it("in v3 whatever item the speech names, because the service names the user's", () => {
    expect(stepsOf([audio("a", 100), speech("u")], { protocol: "v3" })).toEqual([cut("a", 100)]);
  });

  it("never in v1", () => {
    expect(stepsOf([audio("a", 100), speech()], { protocol: "v1" })).toEqual([]);
  });

  it("at the player's position, even after the response, and never past what arrived", () => {
    const happenings = [audio("a", 1000), done, speech("u")];
    expect(stepsOf(happenings, { playedMs: () => 249.9 })).toEqual([cut("a", 249)]);
    expect(stepsOf(happenings, { playedMs: () => 5000 })).toEqual([cut("a", 1000)]);
    expect(stepsOf(happenings, { playedMs: () => -1 })).toEqual([cut("a", 0)]);
    expect(stepsOf(happenings, { playedMs: () => undefined })).toEqual([]);
    expect(stepsOf(happenings, { playedMs: () => Number.NaN })).toEqual([]);
  });

  it.each([done, cancelled])("in v2 not after the response, whatever the player says", (end) => {
    const options = { protocol: "v2", playedMs: () => 50 } as const;
    expect(stepsOf([audio("a", 100), end, speech()], options)).toEqual([]);
    expect(stepsOf([audio("a", 100), speech()], options)).toEqual([cut("a", 50)]);
  });

  it.each([
    ["what it says", { samplesPerChannel: 24 }, 1],
    ["its bytes", { data: Buffer.alloc(4800).toString("base64") }, 100],
    ["its bytes over both channels", { data: Buffer.alloc(4800).toString("base64"), numChannels: 2 }, 50],
    ["whole milliseconds", { samplesPerChannel: 47 }, 1],
    ["nothing at a rate of zero", { samplesPerChannel: 1, sampleRate: 0 }, 0],
    ["nothing on zero channels", { data: "AAAA", numChannels: 0 }, 0],
  ])("the length of a frame is %s", (_what, fields, audioEndMs) => {
    const frame = { data: "", sampleRate: 24000, numChannels: 1, itemId: "a", ...fields };
    expect(stepsOf([{ type: "audio_out", frame }, speech()])).toEqual([cut("a", audioEndMs)]);
  });
});

describe("a handoff", () => {
  const delegate = (handoffId: string, prompt: string) => ({ do: "delegate", handoffId, prompt });

  // parity: realtime/handoff-once
  it("is given to the agent once, even if it is reported twice", () => {
    expect(stepsOf([handoff("a"), handoff("a"), handoff("b")])).toEqual([delegate("a", "task"), delegate("b", "task")]);
  });

  it("without any text is not", () => {
    expect(stepsOf([handoff("a", "")], { protocol: "v2" })).toEqual([]);
    expect(stepsOf([handoff("a", "")])).toEqual([{ do: "answer_empty", handoffId: "a" }]);
  });

  it.each<[TranscriptEntry[], string, string]>([
    [
      [
        { role: "user", text: "a" },
        { role: "assistant", text: "b" },
      ],
      "task",
      "user: a\nassistant: b",
    ],
    [[], "task", "task"],
    [[], "", ""],
  ])("of %o and %j says %j", (activeTranscript, inputTranscript, prompt) => {
    const event = { type: "handoff_requested", handoffId: "h", itemId: "i" } as const;
    expect(handoffPrompt({ ...event, activeTranscript, inputTranscript })).toBe(prompt);
  });
});

it("a call for the model's silence is answered", () => {
  expect(stepsOf([{ type: "noop_requested", callId: "c", itemId: "i" }])).toEqual([
    { do: "answer_silence", callId: "c" },
  ]);
});

it("every event is passed on except the error about two responses", () => {
  const state = new ConversationState({ protocol: "v3" });
  for (const event of [created, done, cancelled, handoff(), audio("a", 1), speech(), payload("x")]) {
    expect(state.observe(event)).toContainEqual({ do: "deliver" });
  }
  expect(state.observe(active)).toEqual([]);
});

it("any other error is passed on and ends it", () => {
  expect(new ConversationState({ protocol: "v2" }).observe({ type: "error", message: "no" })).toEqual([
    { do: "deliver" },
    { do: "end" },
  ]);
});

describe("an error event in v3", () => {
  const deliver = { do: "deliver" };
  const complaint = (message: string, more: object = {}): RealtimeEvent => ({ type: "error", message, ...more });
  const truncate = { do: "truncate", itemId: "a", audioEndMs: 900 } as const;

  it.each<[string, RealtimeEvent, ConversationStep | undefined, readonly object[]]>([
    ["about nothing that was done here", complaint("no"), undefined, [deliver]],
    [
      "that an item has less audio than was cut off: it is cut off at that length",
      complaint("Audio content of 700ms is already shorter than 900ms"),
      truncate,
      [{ ...truncate, audioEndMs: 700 }],
    ],
    ["that an item has more, or an unknown amount: it stays", complaint("no such item"), truncate, []],
    ["that there is nothing to cancel", complaint("no", { code: "response_cancel_not_active" }), { do: "cancel" }, []],
    ["that a cancellation failed otherwise", complaint("no", { code: "server_error" }), { do: "cancel" }, [deliver]],
    ["that a response is already in progress", active, { do: "create_response" }, []],
    ["that none can be made", complaint("no", { code: "rate_limit" }), { do: "create_response" }, [deliver]],
  ])("%s", (_what, event, cause, steps) => {
    expect(new ConversationState({ protocol: "v3" }).observe(event, cause)).toEqual(steps);
  });

  it("that names no message is about the last truncation", () => {
    const state = new ConversationState({ protocol: "v3" });
    for (const event of [audio("a", 900), speech()]) state.observe(event);
    const shorter = complaint("Audio content of 700ms is already shorter than 900ms");
    expect(state.observe(shorter)).toEqual([{ ...truncate, audioEndMs: 700 }]);
    expect(state.observe(shorter)).toEqual([deliver]); // it was put right
  });

  it("that none can be made allows the next request at once", () => {
    const state = new ConversationState({ protocol: "v3" });
    expect(state.inputSent()).toEqual([create]);
    state.observe(complaint("no", { code: "rate_limit" }), create as ConversationStep);
    expect(state.inputSent()).toEqual([create]);
  });
});

it("a call without a name, or without an id to answer, is ignored; without arguments it has empty ones", () => {
  const call = (item: object): RealtimeEvent => ({
    type: "conversation_item.done",
    item: { type: "function_call", ...item },
    itemId: "i",
  });
  expect(stepsOf([call({ name: "look" }), call({ call_id: "c" })])).toEqual([]);
  expect(stepsOf([call({ name: "look", call_id: "c" })])).toEqual([
    { do: "call", callId: "c", name: "look", arguments: "", itemId: "c" },
  ]);
});
