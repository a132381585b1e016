import { describe, expect, it } from "vitest";
import { RealtimeHistory } from "../../../../../src/api/realtime/conversation/history.ts";
import { parseFrame } from "../../../../../src/api/realtime/protocol/decoders.ts";
import { v3 } from "../../../../../src/api/realtime/protocol/v3.ts";
import { withRaw } from "../../../../../src/api/wire/json.ts";

/** The items of a conversation after these wire events. */
function itemsAfter(...events: readonly object[]) {
  const history = new RealtimeHistory();
  for (const event of events) {
    const parsed = parseFrame(v3.decoders, JSON.stringify(event));
    if ("event" in parsed) history.observe(withRaw(parsed.event, parsed.wire));
  }
  return history.items();
}

function item(id: string, fields: object, previous: string | null = "none") {
  const whole = { id, object: "realtime.item", status: "completed", ...fields };
  return { type: "conversation.item.done", previous_item_id: previous, item: whole };
}

function message(id: string, role: string, content: readonly object[], previous?: string | null) {
  return item(id, { type: "message", role, content }, previous);
}

const words = (text: string) => [{ type: "input_text", text }];
const idsOf = (items: readonly object[]) => items.map((each) => (each as { readonly id: string }).id);

describe("the history of a conversation", () => {
  it("has messages, calls and their outputs as a session accepts them", () => {
    const call = { type: "function_call", call_id: "c", name: "weather", arguments: "{}" };
    const output = { type: "function_call_output", call_id: "c", output: "rain" };
    expect(itemsAfter(message("a", "user", words("hi")), item("b", call), item("c", output))).toEqual([
      { id: "a", type: "message", role: "user", content: words("hi") },
      { id: "b", ...call },
      { id: "c", ...output },
    ]);
  });

  it("has calls of the protocol's own tools as well", () => {
    const call = { type: "function_call", call_id: "c", name: "background_agent", arguments: '{"prompt":"go"}' };
    expect(itemsAfter(item("a", call))).toMatchObject([{ name: "background_agent" }]);
  });

  it("has speech as text, from the transcript or the item, and leaves out what was not transcribed", () => {
    expect(
      itemsAfter(
        message("a", "user", [{ type: "input_audio", transcript: null }]),
        message("b", "assistant", [{ type: "output_audio", transcript: "Hello there." }]),
        message("c", "user", [{ type: "input_audio", transcript: null }]),
        { type: "conversation.item.input_audio_transcription.completed", item_id: "a", transcript: "Good day." },
      ),
    ).toEqual([
      { id: "a", type: "message", role: "user", content: words("Good day.") },
      { id: "b", type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello there." }] },
    ]);
  });

  it("keeps only the words of a cut-off answer that were heard", () => {
    const delta = Buffer.alloc(48 * 1_000).toString("base64"); // one second
    const audio = { type: "response.output_audio.delta", item_id: "a", delta };
    expect(
      itemsAfter(
        message("a", "assistant", [{ type: "output_audio", transcript: "one two three four five" }]),
        audio,
        audio,
        { type: "conversation.item.truncated", item_id: "a", audio_end_ms: 1_000 },
        message("a", "assistant", [{ type: "output_audio", transcript: "one two three four five" }]),
      ),
    ).toMatchObject([{ content: [{ text: "one two" }] }]);
  });

  it("follows the positions that the service gives, and forgets deleted items", () => {
    const said = (id: string, previous?: string | null) => message(id, "user", words(id), previous);
    const items = itemsAfter(said("b"), said("d", "b"), said("c", "b"), said("a", null), said("x"), {
      type: "conversation.item.deleted",
      item_id: "x",
    });
    expect(idsOf(items)).toEqual(["a", "b", "c", "d"]);
  });

  it("recognises an item that comes again, and leaves out what a session adds by itself", () => {
    const items = itemsAfter(
      { ...message("a", "assistant", []), type: "conversation.item.added" },
      message("a", "assistant", [{ type: "output_text", text: "done" }]),
      item("m", { type: "mcp_list_tools", tools: [] }),
    );
    expect(items).toEqual([
      { id: "a", type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] },
    ]);
  });

  it("lists each item that any event names, and nothing that is not an item", () => {
    const said = (id: string) => message(id, "user", words(id));
    const items = itemsAfter(
      { ...said("a"), type: "conversation.item.created" },
      { ...said("b"), type: "conversation.item.retrieved" },
      { type: "conversation.item.added", item: null },
      { type: "conversation.item.added", item: { type: "message" } },
      item("c", { type: "message", role: "user", content: "no list" }),
    );
    expect(idsOf(items)).toEqual(["a", "b"]);
  });

  it("continues if the service refers to an item that no event named", () => {
    const unknown = { item_id: "nobody" };
    expect(
      itemsAfter(
        message("a", "assistant", [{ type: "output_audio", transcript: "one two" }]),
        { type: "response.output_audio.delta", ...unknown, delta: "AAA=" },
        { type: "response.output_audio_transcript.done", ...unknown, transcript: "three" },
        { type: "conversation.item.truncated", ...unknown, audio_end_ms: 1 },
        { type: "conversation.item.truncated", item_id: "a" },
        { type: "conversation.item.deleted", ...unknown },
      ),
    ).toMatchObject([{ id: "a", content: [{ text: "one two" }] }]);
  });

  it("ignores events without a wire form", () => {
    const history = new RealtimeHistory();
    history.observe({ type: "delegation" });
    history.observe({ type: "error", message: "no" });
    expect(history.items()).toEqual([]);
  });
});
