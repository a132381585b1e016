// A stream that breaks and is asked again, as the consumers of both frameworks see it: no text twice, no call twice.
import type { LanguageModelV4Prompt, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { Agent, Runner, tool } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { codexApi } from "../../../src/doors/ai-sdk/index.ts";
import type { LineOptions } from "../../../src/doors/line.ts";
import { CodexApiModelProvider } from "../../../src/doors/openai-agents/index.ts";
import type { Emulator } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { bodiesAt, wire } from "../session/support.ts";

const CARRIERS = ["websocket", "http"] as const;
type Carrier = (typeof CARRIERS)[number];
const PROMPT: LanguageModelV4Prompt = [{ role: "user", content: [{ type: "text", text: "repeat: the answer" }] }];

const reasoning = (text: string) => ({ type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text }] });
const added = {
  message: wire.added({ ...wire.message(""), status: "in_progress", content: [] }),
  reasoning: wire.added({ type: "reasoning", id: "rs_1", summary: [] }),
  call: wire.added({ ...wire.call(), arguments: "" }),
};
const answer = [
  wire.created,
  added.message,
  wire.delta("the answer"),
  wire.done(wire.message("the answer")),
  wire.completed(),
];

/** Streams that break after these events, and then a complete one. */
async function broken(...events: readonly object[]): Promise<Emulator> {
  const cut = { events: [wire.created, ...events], terminateAfterEvents: 1 + events.length };
  return emulate({ script: [cut, { events: answer }] });
}

const line = ({ url }: Emulator, carrier: Carrier): LineOptions => ({ ...clientOptions(url), carrier });

async function streamed(emulator: Emulator, carrier: Carrier, prompt = PROMPT) {
  const model = codexApi("m", { line: line(emulator, carrier) });
  const { stream } = await model.doStream({ prompt });
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

function textOf(parts: readonly LanguageModelV4StreamPart[]): string {
  return parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("");
}

function kindsOf(parts: readonly LanguageModelV4StreamPart[]): string[] {
  return parts.map(({ type }) => type).filter((type) => type !== "stream-start" && type !== "response-metadata");
}

describe.each(CARRIERS)("the AI SDK over %s", (carrier) => {
  it("hears nothing of a break before there was output", async () => {
    const emulator = await broken();
    const parts = await streamed(emulator, carrier);
    expect(kindsOf(parts)).toEqual(["text-start", "text-delta", "text-end", "finish"]);
    expect(textOf(parts)).toBe("the answer");
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("sees reasoning that broke off closed, and it does not go back; the text comes once", async () => {
    const emulator = await broken(added.reasoning, { type: "response.reasoning_summary_text.delta", delta: "Hm" });
    const parts = await streamed(emulator, carrier);
    expect(kindsOf(parts).slice(0, 3)).toEqual(["reasoning-start", "reasoning-delta", "reasoning-end"]);
    expect(textOf(parts)).toBe("the answer");
    const providerOptions = parts.flatMap((part) => (part.type === "reasoning-end" ? [part.providerMetadata] : []))[0];
    const said = [
      ...PROMPT,
      {
        role: "assistant" as const,
        content: [{ type: "reasoning" as const, text: "Hm", ...(providerOptions && { providerOptions }) }],
      },
      ...PROMPT,
    ];
    const { warnings } = await codexApi("m", { line: line(emulator, carrier) }).doGenerate({ prompt: said });
    expect(warnings).toEqual([]);
    expect(
      bodiesAt(emulator)
        .at(-1)
        ?.input.map(({ type }) => type),
    ).toEqual(["message", "message"]);
  });

  it("goes on behind an item that was finished, which stands", async () => {
    const emulator = await broken(added.reasoning, wire.done(reasoning("Hm.")));
    const parts = await streamed(emulator, carrier);
    expect(kindsOf(parts).filter((kind) => kind === "reasoning-start")).toHaveLength(1);
    expect(textOf(parts)).toBe("the answer");
    expect(
      bodiesAt(emulator)
        .at(-1)
        ?.input.map(({ type }) => type),
    ).toEqual(["message", "reasoning"]);
  });

  it("is told of a break in a text, which is not asked for again", async () => {
    const emulator = await broken(added.message, wire.delta("the "));
    const parts = await streamed(emulator, carrier);
    expect(textOf(parts)).toBe("the ");
    expect(kindsOf(parts).slice(-2)).toEqual(["error", "finish"]);
    expect(parts.at(-2)).toMatchObject({ error: { kind: "stream" } });
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "error" } });
  });

  it("is told of a break in the input of a call, and of no call", async () => {
    const emulator = await broken(added.call, { type: "response.function_call_arguments.delta", delta: "{" });
    const parts = await streamed(emulator, carrier);
    expect(kindsOf(parts)).not.toContain("tool-call");
    expect(kindsOf(parts).slice(-2)).toEqual(["error", "finish"]);
  });

  it("is told of a break behind a call where a further one had begun", async () => {
    const further = wire.added({ ...wire.call("fc_2"), arguments: "" });
    const parts = await streamed(await broken(added.call, wire.done(wire.call()), further), carrier);
    expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: { unified: "error" } });
  });

  it("gets a call once that was finished when the stream broke", async () => {
    const emulator = await broken(added.call, wire.done(wire.call()));
    const parts = await streamed(emulator, carrier);
    expect(kindsOf(parts).filter((kind) => kind === "tool-call")).toHaveLength(1);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "tool-calls", raw: "end_unconfirmed" } });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it.each([true, false])("gets a finished answer once whose end got lost (streamed: %j)", async (stream) => {
    const emulator = await broken(added.message, wire.delta("the answer"), wire.done(wire.message("the answer")));
    const finishReason = { unified: "other", raw: "end_unconfirmed" };
    if (stream) {
      const parts = await streamed(emulator, carrier);
      expect(textOf(parts)).toBe("the answer");
      expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason });
    } else {
      const result = await codexApi("m", { line: line(emulator, carrier) }).doGenerate({ prompt: PROMPT });
      expect(result).toMatchObject({ content: [{ type: "text", text: "the answer" }], finishReason });
    }
    expect(bodiesAt(emulator)).toHaveLength(1);
  });

  it("gets one whole answer where it does not stream, wherever the stream broke", async () => {
    for (const events of [[], [added.message, wire.delta("the ")], [added.call]]) {
      const emulator = await broken(...events);
      const { content } = await codexApi("m", { line: line(emulator, carrier) }).doGenerate({ prompt: PROMPT });
      expect(content).toMatchObject([{ type: "text", text: "the answer" }]);
      expect(bodiesAt(emulator)).toHaveLength(2);
    }
  });
});

describe.each(CARRIERS)("the Agents SDK over %s", (carrier) => {
  let runs = 0;
  const look = tool({
    ...{ name: "look", description: "Looks", parameters: z.object({}) },
    execute: async () => {
      runs += 1;
      return "seen";
    },
  });

  async function run(emulator: Emulator, stream: boolean) {
    runs = 0;
    const provider = new CodexApiModelProvider({ line: line(emulator, carrier) });
    const runner = new Runner({ modelProvider: provider, tracingDisabled: true });
    const agent = new Agent({ name: "a", model: "m", tools: [look] });
    if (!stream) return { text: String((await runner.run(agent, "repeat: the answer")).finalOutput) };
    const result = await runner.run(agent, "repeat: the answer", { stream: true });
    let text = "";
    try {
      for await (const event of result)
        if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta")
          text += event.data.delta;
      await result.completed;
    } catch (error) {
      return { text, error };
    }
    return { text };
  }

  it.each([true, false])("hears nothing of a break before there was output (streamed: %j)", async (stream) => {
    const emulator = await broken(added.reasoning);
    expect(await run(emulator, stream)).toEqual({ text: "the answer" });
    expect(bodiesAt(emulator)).toHaveLength(2);
  });

  it("is told of a break in a text, and hears none of it twice", async () => {
    const emulator = await broken(added.message, wire.delta("the "));
    const { text, error } = await run(emulator, true);
    expect(text).toBe("the ");
    expect(error).toMatchObject({ kind: "stream" });
  });

  it("gets the whole answer where it does not stream", async () => {
    expect(await run(await broken(added.message, wire.delta("the ")), false)).toEqual({ text: "the answer" });
  });

  it("runs a tool once whose call was finished when the stream broke", async () => {
    const emulator = await broken(added.call, wire.done(wire.call()));
    expect(await run(emulator, true)).toEqual({ text: "the answer" });
    expect(runs).toBe(1);
    const types = ["message", "function_call", "function_call_output"];
    expect(
      bodiesAt(emulator)
        .at(-1)
        ?.input.map(({ type }) => type),
    ).toEqual(types);
  });

  it("asks again for a call that nobody has seen, where it does not stream", async () => {
    expect(await run(await broken(added.call, wire.done(wire.call())), false)).toEqual({ text: "the answer" });
    expect(runs).toBe(0);
  });

  it.each([true, false])("gets a finished answer once whose end got lost (streamed: %j)", async (stream) => {
    const emulator = await broken(added.message, wire.delta("the answer"), wire.done(wire.message("the answer")));
    expect(await run(emulator, stream)).toEqual({ text: "the answer" });
    expect(bodiesAt(emulator)).toHaveLength(1);
  });
});
