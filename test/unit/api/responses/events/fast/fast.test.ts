import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { FastEvents } from "../../../../../../src/api/responses/events/fast/index.ts";
import { decodeWireEvent } from "../../../../../../src/api/responses/events/registry.ts";
import { rawDataOf, rawTextOf } from "../../../../../../src/client/raw-text.ts";

const parsed = (json: string) => decodeWireEvent(JSON.parse(json), json);

/** The result of the fast path for the last of several events. */
function readLast(jsons: readonly string[]) {
  const fast = new FastEvents();
  for (const json of jsons.slice(0, -1)) fast.learn(rawTextOf(Buffer.from(json)), JSON.parse(json), parsed(json));
  return fast.read(rawDataOf(Buffer.from(jsons.at(-1) ?? ""))) ? fast.events[0] : undefined;
}

const unread = (json: string) => new FastEvents().unread(rawDataOf(Buffer.from(json)))?.type;

const place = { sequence_number: 4, item_id: "msg_1", output_index: 0, content_index: 0 };
const text = { type: "response.output_text.delta", ...place };
const summary = { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0 };

describe("a delta that differs from an earlier one only in text, number and padding is read without parsing, with the same result", () => {
  const follows = { sequence_number: 105, obfuscation: "padding{" };
  it.each<[string, object, object]>([
    ["of a text", { ...text, delta: "the", logprobs: [], obfuscation: "Qx7G" }, { ...follows, delta: " next" }],
    ["that is empty", { ...text, delta: "x" }, { sequence_number: 5, delta: "" }],
    ["after an empty one", { ...text, delta: "" }, { sequence_number: 5, delta: "x" }],
    ["of a long text", { ...text, delta: "a" }, { delta: "thirteen signs, and more of them" }],
    ["with escapes", { ...text, delta: "a" }, { delta: '\n"\\\u0001\u{1F642}/' }],
    ["with characters of several bytes", { ...text, delta: "a" }, { delta: "naïve — 漢字 🙂" }],
    ["with a quote before a backslash at its end", { ...text, delta: "a" }, { delta: '"\\' }],
    [
      "whose text looks like fields",
      { ...summary, delta: "a", summary_index: 2 },
      { delta: '","summary_index":7,"type":"x' },
    ],
    ["of a summary without its index", { ...summary, delta: "so" }, { delta: "what" }],
    ["of a summary with null for its index", { ...summary, summary_index: null, delta: "so" }, { delta: "x" }],
    ["of a reasoning text", { type: "response.reasoning_text.delta", content_index: 12, delta: "hm" }, { delta: "so" }],
    ["with its type at the end", { delta: "x", ...place, type: "response.output_text.delta" }, { delta: "y" }],
    [
      "of a tool's arguments",
      { type: "response.function_call_arguments.delta", ...place, delta: '{"a' },
      { delta: '":1}' },
    ],
    ["of a tool's input", { type: "response.custom_tool_call_input.delta", item_id: "i", delta: "a" }, { delta: "b" }],
    ["of a refusal", { type: "response.refusal.delta", ...place, delta: "I" }, { delta: " cannot" }],
  ])("%s", (_title, first, changes) => {
    for (const write of [JSON.stringify, pythonJson]) {
      const next = write({
        ...first,
        ...Object.fromEntries(Object.entries(changes).filter(([name]) => name in first)),
      });
      const found = readLast([write(first), next]);
      expect(found).toEqual(parsed(next));
      expect(found).toMatchObject({ delta: (changes as { delta: string }).delta });
    }
  });

  it("with escapes of characters that need none", () => {
    const next = '{"type":"response.output_text.delta","delta":"\\u0041\\/\\ud83d\\ude42"}';
    expect(readLast([JSON.stringify({ type: text.type, delta: "a" }), next])).toEqual(parsed(next));
  });

  it("among alternating deltas of other items", () => {
    const calls = [0, 1, 2, 3].map((index) => ({
      type: "response.function_call_arguments.delta",
      output_index: index,
    }));
    for (const call of calls) {
      const next = JSON.stringify({ ...call, delta: "b" });
      expect(readLast([...calls.map((each) => JSON.stringify({ ...each, delta: "a" })), next])).toEqual(parsed(next));
    }
  });
});

describe("a delta is left to the parser", () => {
  const first = JSON.stringify({ ...text, delta: "a", obfuscation: "x" });
  it.each<[string, string, string?]>([
    ["that is the first of its item", JSON.stringify({ ...text, item_id: "msg_2", delta: "b", obfuscation: "x" })],
    ["whose fields come in another order", JSON.stringify({ ...text, obfuscation: "x", delta: "b" })],
    ["with log probabilities", JSON.stringify({ ...text, delta: "b", logprobs: [{ token: "b" }], obfuscation: "x" })],
    ["whose padding needs care", first.replace('"x"', '"\\n"')],
    ["whose number is not a number", first.replace('"sequence_number":4', '"sequence_number":04')],
    ["whose number is too long", first.replace('"sequence_number":4', '"sequence_number":1234567890123456')],
    ["whose delta is not a text", first.replace('"a"', "1")],
    ["cut off", first.slice(0, -1)],
    ["cut off in its delta", first.slice(0, first.indexOf('"a"') + 2)],
    ["with something after it", `${first} x`],
    ["with an invalid escape", first.replace('"a"', '"\\x41"')],
    ["with a control character", first.replace('"a"', '"a\tb"').replace("\\t", "\t")],
    ["with a line end", first.replace('"a"', '"\\n\n"')],
  ])("%s", (_title, json) => {
    expect(readLast([first, first])).toBeDefined();
    expect(readLast([first, json])).toBeUndefined();
  });

  it("when each had a different id, so that nothing was learned from the first eight", () => {
    const each = Array.from({ length: 9 }, (_, nth) => JSON.stringify({ ...text, item_id: `msg_${nth}`, delta: "a" }));
    expect(readLast([...each.slice(0, 8), each[7] ?? ""])).toBeDefined();
    expect(readLast([...each, each[8] ?? ""])).toBeUndefined();
  });
});

/** As Python's json.dumps writes it. */
function pythonJson(value: object): string {
  const fields = Object.entries(value).map(([name, each]) => `"${name}": ${JSON.stringify(each)}`);
  return `{${fields.join(", ")}}`;
}

const request = { id: "resp_1", instructions: `Say "headers": ${"é\n".repeat(4000)}`, metadata: {}, output: [] };

describe("an event of which only the type matters may stay unread:", () => {
  it.each<[string, object]>([
    [
      "what repeats the beginning of a response",
      { type: "response.in_progress", sequence_number: 1, response: request },
    ],
    ["a complete text", { type: "response.output_text.done", ...place, text: 'so "it" ends\n' }],
    ["a complete part", { type: "response.content_part.done", ...place, part: { type: "output_text", text: "so" } }],
    ["a future type", { type: "response.smell.delta", delta: "rose" }],
    ["a type of another service", { type: "keepalive", sequence_number: 7 }],
    [
      "a type at the end of the event",
      { part: { type: "output_text" }, ...place, type: "response.content_part.added" },
    ],
  ])("%s", (_title, event) => {
    expect(unread(JSON.stringify(event))).toBe((event as { type: string }).type);
    expect(unread(pythonJson(event))).toBe((event as { type: string }).type);
  });

  it("its content is not checked (parity: stream/unread-on-trust)", () => {
    expect(unread('{"type":"response.content_part.added",,}')).toBe("response.content_part.added");
  });
});

describe("an event is left to the parser", () => {
  it.each<[string, string]>([
    ["that begins the response", JSON.stringify({ type: "response.created", response: request })],
    ["that brings an item", '{"type":"response.output_item.done","item":{"type":"message"}}'],
    ["that ends the response", JSON.stringify({ type: "response.completed", sequence_number: 0, response: request })],
    ["that is an error without its own type", '{"error":{"message":"m","type":"server_error"}}'],
    ["that is an error with further fields", '{"error":{"message":"m","type":"response.x"},"code":"y"}'],
    ["that is an error and is cut off", '{"error":{"message":"m","type":"server_error"}'],
    ["with another before it, without a blank line", '{"type":"response.output_text.done"}\n{"type":"error"}'],
    ["whose type is a list", '{"type":["response.output_text.done"],"error":{}}'],
    ["whose type does not end", '{"type":"keepalive}'],
    ["with headers, apart from their colon", '{"type":"ping","headers" : {"openai-model":"other"}}'],
    ["with headers", '{"type":"response.output_text.done","headers":{"openai-model":"other"}}'],
    ["that says that the answer is buffered", '{"type":"response.in_progress","safety_buffering":{}}'],
    ["that is cut off", '{"type":"response.output_text.done","text":"the"'],
    ["that does not begin", '"type":"response.output_text.done"}'],
    ["of a type with an escape", '{"type":"response.output\\u005ftext.done"}'],
    ["whose type is not a text", '{"type":7,"of":"response.output_text.done"}'],
    ["that fails the response", '{"type":"error","code":"rate_limit_exceeded","message":"slow","delta":"x"}'],
    ["without a type", '{"delta":"a"}'],
  ])("%s", (_title, json) => {
    expect(unread(json)).toBeUndefined();
  });
});

describe("what is kept of an event retains nothing else in memory:", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");

  const heldBytes = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const expectLittleKept = (read: (raw: string) => unknown, eventAt: (index: number) => object) => {
    const readAt = (index: number): unknown => {
      const chunk = rawTextOf(Buffer.from(`${JSON.stringify(eventAt(index))}${"\n".repeat(100_000)}`));
      return read(chunk.slice(0, chunk.indexOf("\n")));
    };
    const before = heldBytes();
    const kept = Array.from({ length: 500 }, (_, index) => readAt(index));
    expect(heldBytes() - before).toBeLessThan(10e6); // of 50 MB that were read
    expect(kept).not.toContain(undefined);
  };

  it.each([
    ["a delta of one character", "a"],
    ["a delta of twelve characters", "twelve signs"],
    ["a delta of thirteen characters", "thirteen sign"],
    ["a longer delta", "a longer delta, of thirty signs"],
    ["a delta with an escape", 'a "longer" delta, of thirty signs'],
    ["a delta with a character of two bytes", "a longer delta, naïve"],
  ])("%s", (_title, delta) => {
    const fast = new FastEvents();
    const first = JSON.stringify({ ...text, delta: "a" });
    fast.learn(first, JSON.parse(first), parsed(first));
    expectLittleKept(
      (raw) => (fast.read(raw) ? fast.events[0] : undefined),
      (index) => ({ ...text, delta: `${delta.slice(1)}${index % 10}` }),
    );
  });

  it("a type that is seen for the first time", () => {
    expectLittleKept(
      (raw) => new FastEvents().unread(raw),
      (index) => ({ type: `response.something_new_${index}.done`, index }),
    );
  });

  it("and the number of remembered types is bounded", () => {
    const before = heldBytes();
    for (let index = 0; index < 50_000; index += 1) unread(`{"type":"response.many_${index}.done"}`);
    expect(heldBytes() - before).toBeLessThan(3e6);
  });
});
