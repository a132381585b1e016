import { describe, expect, it } from "vitest";
import { Caller, create, text, typesOf, update } from "./caller.ts";

const tools = [
  { type: "function", name: "remain_silent" },
  { type: "function", name: "background_agent" },
];

describe("tools of a realtime session", () => {
  it("hand a task over, and the result is spoken", async () => {
    const caller = await Caller.open();
    caller.say(update({ tools }), text("ask the agent to count sheep"), create);
    const call = (await caller.until("response.done")).findLast(({ type }) => type === "conversation.item.done");
    expect(call).toMatchObject({
      item: { type: "function_call", name: "background_agent", arguments: '{"prompt":"to count sheep"}' },
    });
    const { call_id } = (call?.item ?? {}) as { call_id?: string };
    caller.say(
      { type: "conversation.item.create", item: { type: "function_call_output", call_id, output: "12" } },
      create,
    );
    const told = (await caller.until("response.done")).find(
      ({ type }) => type === "response.output_audio_transcript.done",
    );
    expect(told).toMatchObject({ transcript: "The tool background_agent answered: 12" });
  });

  it("let the model remain silent", async () => {
    const caller = await Caller.open();
    caller.say(update({ tools }), text("be quiet"), create);
    expect((await caller.until("response.done")).at(-1)).toMatchObject({
      response: { output: [{ name: "remain_silent", arguments: "{}" }] },
    });
  });

  it("are not called if the session has none", async () => {
    const caller = await Caller.open();
    caller.say(text("delegate: x"), create, text("be quiet"));
    expect((await caller.until("response.done")).at(-1)).toMatchObject({ response: { output: [{ type: "message" }] } });
  });

  it("of the session are called, with the arguments in deltas", async () => {
    const caller = await Caller.open();
    const weather = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };
    caller.say(update({ tools: [weather] }), text("What is the weather?"), create);
    const events = await caller.until("response.done");
    expect(typesOf(events)).toContain("response.function_call_arguments.delta");
    expect(events.at(-1)).toMatchObject({ response: { output: [{ type: "function_call", name: "get_weather" }] } });
  });
});
