import { describe, expect, it } from "vitest";
import { protocolOf, realtimeCallSession } from "../../../../../src/api/realtime/protocol/protocols.ts";
import { v1 } from "../../../../../src/api/realtime/protocol/v1.ts";
import { v2 } from "../../../../../src/api/realtime/protocol/v2.ts";
import { v3 } from "../../../../../src/api/realtime/protocol/v3.ts";

const format = { type: "audio/pcm", rate: 24000 };
const settings = { instructions: "Be brief." };

function tool(name: string, ...parameters: readonly string[]) {
  const properties = Object.fromEntries(
    parameters.map((parameter) => [parameter, { type: "string", description: text }]),
  );
  const required = parameters.length > 0 ? { required: parameters } : {};
  return {
    type: "function",
    name,
    description: text,
    parameters: { type: "object", properties, ...required, additionalProperties: false },
  };
}

const text: unknown = expect.stringMatching(/^[A-Z].{20,}\.$/);

const quicksilver = {
  type: "quicksilver",
  instructions: "Be brief.",
  audio: { input: { format }, output: { voice: "fathom" } },
};

const march = {
  type: "realtime",
  instructions: "Be brief.",
  output_modalities: ["audio"],
  audio: {
    input: {
      format,
      noise_reduction: { type: "near_field" },
      turn_detection: { type: "server_vad", interrupt_response: true, create_response: true },
    },
    output: { format, voice: "marin" },
  },
  tools: [tool("codex", "prompt")],
  tool_choice: "auto",
};

const later = {
  ...march,
  audio: {
    input: {
      format,
      noise_reduction: { type: "near_field" },
      transcription: { model: "gpt-live-transcribe" },
      turn_detection: {
        type: "server_vad",
        interrupt_response: true,
        create_response: true,
        silence_duration_ms: 500,
      },
    },
    output: { format, voice: "marin" },
  },
  tools: [tool("background_agent", "prompt"), tool("remain_silent")],
};

describe("the session of session.update", () => {
  it("is a quicksilver one in v1, whatever the mode", () => {
    expect(v1.session(settings)).toEqual(quicksilver);
    expect(v1.session({ ...settings, mode: "transcription", outputModality: "text", tools: [] })).toEqual(quicksilver);
  });

  it("is what the reference of March 2026 sends in v2", () => {
    expect(v2.session(settings)).toEqual(march);
  });

  it("is what later builds send in v3", () => {
    expect(v3.session(settings)).toEqual(later);
  });

  it("has nothing but the audio format for a transcription in v2", () => {
    expect(v2.session({ ...settings, mode: "transcription", voice: "ash", tools: [{}] })).toEqual({
      type: "transcription",
      audio: { input: { format } },
    });
  });

  // parity: realtime/transcription-model
  it("names the transcribing model in v3", () => {
    expect(v3.session({ ...settings, mode: "transcription" })).toEqual({
      type: "transcription",
      audio: { input: { format, transcription: { model: "gpt-live-transcribe" } } },
    });
  });

  it.each([v1, v2, v3])("has the given voice in $name, and empty instructions too", (protocol) => {
    expect(protocol.session({ instructions: "", voice: "ash" })).toMatchObject({
      instructions: "",
      audio: { output: { voice: "ash" } },
    });
  });

  it.each([v2, v3])("has the caller's modality and tools in $name", (protocol) => {
    const own = [{ type: "function", name: "own" }];
    expect(protocol.session({ ...settings, outputModality: "text", tools: own })).toMatchObject({
      output_modalities: ["text"],
      tools: own,
    });
    expect(protocol.session({ ...settings, tools: [] })).toMatchObject({ tools: [] });
  });

  it("of the caller's is written unchanged in v3, with the shorthands beside it", () => {
    const session = { instructions: "Be long.", max_output_tokens: 5 } as const;
    expect(v3.session({ session, outputModality: "text", voice: "coral" })).toMatchObject({
      ...session,
      output_modalities: ["text"],
      audio: { output: { voice: "coral" } },
    });
    expect(v3.session({ session: {}, mode: "transcription", model: "m" })).toEqual({
      type: "transcription",
      audio: { input: { format, transcription: { model: "m" } } },
    });
    expect(v3.session({ session: {}, mode: "transcription" })).toEqual({ type: "transcription" });
    for (const wrong of [{ mode: "chat" }, { outputModality: "video" }, { session: "keep" }] as never[])
      expect(() => v3.session({ session: {}, ...(wrong as object) })).toThrow(/must be one of|sends no update/);
  });

  it("stays a transcription session in v3 when something else of it changes", () => {
    expect(v3.change({ mode: "transcription", session: {} }, { session: { include: ["x"] } as never })).toMatchObject({
      type: "transcription",
      include: ["x"],
    });
    expect(v3.change({ session: {} }, { instructions: "Be long." })).toMatchObject({ instructions: "Be long." });
  });

  it("is sent with the model for a call", () => {
    expect(realtimeCallSession({ ...settings, protocol: "v2", model: "m" })).toEqual({ ...march, model: "m" });
    expect(realtimeCallSession({ ...settings, protocol: "v2" })).toEqual(march);
  });
});

describe("messages", () => {
  const prefixed = '"Agent Final Message":\n\nhello';

  it("of v1", () => {
    expect(v1.message("hi", "user")).toEqual({
      type: "conversation.item.create",
      item: { type: "message", role: "user", content: [{ type: "text", text: "hi" }] },
    });
    expect(v1.handoffOutput("h1", "hello")).toEqual({
      type: "conversation.handoff.append",
      handoff_id: "h1",
      output_text: prefixed,
    });
  });

  it.each([
    [v2, prefixed],
    [v3, "hello"],
  ] as const)("of $name", (protocol, output) => {
    expect(protocol.message("hi", "developer")).toEqual({
      type: "conversation.item.create",
      item: { type: "message", role: "developer", content: [{ type: "input_text", text: "hi" }] },
    });
    expect(protocol.handoffOutput("c1", "hello")).toEqual({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: "c1", output },
    });
  });
});

it("a session without a protocol uses v3", () => {
  expect(protocolOf(settings)).toBe(v3);
});
