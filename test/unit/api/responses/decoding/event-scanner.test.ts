import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { decodeWireEvent, type ScannedEvent } from "../../../../../src/api/responses/decoding/event-decoder.ts";
import { scanEvent } from "../../../../../src/api/responses/decoding/event-scanner.ts";
import { rawDataOf, rawTextOf } from "../../../../../src/client/raw-text.ts";

const scan = (json: string) => scanEvent(rawDataOf(Buffer.from(json)));
const parsed = (json: string) => {
  const event = JSON.parse(json);
  return { type: event.type, decoded: decodeWireEvent(event, json) };
};

const place = { sequence_number: 4, item_id: "msg_1", output_index: 0, content_index: 0 };
const text = { type: "response.output_text.delta", ...place };
const summary = { type: "response.reasoning_summary_text.delta", item_id: "rs_1", output_index: 0 };

describe("a delta event is read as if it were parsed", () => {
  it.each<[string, string]>([
    ["of a text", JSON.stringify({ ...text, delta: "the", logprobs: [], obfuscation: "Qx7G" })],
    ["that is empty", JSON.stringify({ ...text, delta: "" })],
    ["of a long text", JSON.stringify({ ...text, delta: "thirteen signs, and more of them" })],
    ["with escapes", JSON.stringify({ ...text, delta: '\n"\\\u0001\u{1F642}/' })],
    [
      "with escapes of signs that need none",
      '{"type":"response.output_text.delta","delta":"\\u0041\\/\\ud83d\\ude42"}',
    ],
    ["with signs of several bytes", JSON.stringify({ ...text, delta: "naïve — 漢字 🙂" })],
    ["with a quote before a backslash at its end", JSON.stringify({ ...text, delta: '"\\' })],
    [
      "that looks like fields",
      JSON.stringify({ ...summary, delta: '","summary_index":7,"type":"x', summary_index: 2 }),
    ],
    ["of a summary", JSON.stringify({ ...summary, summary_index: 3, delta: "so" })],
    ["of a summary without its index", JSON.stringify({ ...summary, delta: "so" })],
    ["of a summary with null for its index", JSON.stringify({ ...summary, summary_index: null, delta: "so" })],
    [
      "of a summary with two indexes",
      '{"type":"response.reasoning_summary_text.delta","summary_index":1,"summary_index":2,"delta":"a"}',
    ],
    [
      "of a reasoning text with an index and none",
      '{"type":"response.reasoning_text.delta","delta":"a","content_index":1,"content_index":null}',
    ],
    ["of a reasoning text", JSON.stringify({ type: "response.reasoning_text.delta", content_index: 12, delta: "hm" })],
    ["with its type at the end", JSON.stringify({ delta: "x", ...place, type: "response.output_text.delta" })],
    ["with spaces between its fields", '{"type": "response.output_text.delta", "content_index": 0, "delta": "a b"}'],
  ])("%s", (_title, json) => {
    expect(scan(json)).toEqual(parsed(json));
  });
});

const request = { id: "resp_1", instructions: `Say "headers": ${"é\n".repeat(4000)}`, metadata: {}, output: [] };

describe("an event that says nothing but its type is not parsed:", () => {
  it.each<[string, object]>([
    ["the beginning of a response", { type: "response.created", sequence_number: 0, response: request }],
    ["the same without a number", { type: "response.created", response: request }],
    ["what repeats it", { type: "response.in_progress", sequence_number: 1, response: request }],
    ["a complete text", { type: "response.output_text.done", ...place, text: 'so "it" ends\n' }],
    ["a complete part", { type: "response.content_part.done", ...place, part: { type: "output_text", text: "so" } }],
    ["a tool's input", { type: "response.function_call_arguments.delta", ...place, delta: '{"a' }],
    ["a type to come", { type: "response.smell.delta", delta: "rose" }],
    ["one of another service", { type: "keepalive", sequence_number: 7 }],
    ["one with its type at the end", { part: { type: "output_text" }, ...place, type: "response.content_part.added" }],
  ])("%s", (_title, event) => {
    const json = JSON.stringify(event);
    expect(scan(json)).toEqual(parsed(json));
  });

  it("with spaces between its fields", () => {
    const json = '{"type": "response.output_text.done", "text": "the"}';
    expect(scan(json)).toEqual(parsed(json));
  });

  it("nor checked: what stands inside is taken on trust (parity: stream/unread-on-trust)", () => {
    const begun = JSON.stringify({ type: "response.created", sequence_number: 0, response: request });
    expect(scan(begun.replace("Say", "\\x"))).toEqual({ type: "response.created", decoded: { type: "created" } });
    expect(scan('{"type":"response.output_text.done",,}')).toMatchObject({ decoded: { reason: "unknown type" } });
  });
});

describe("an event is left to be parsed", () => {
  it.each<[string, string]>([
    ["that brings an item", '{"type":"response.output_item.done","item":{"type":"message"}}'],
    ["that ends the response", JSON.stringify({ type: "response.completed", sequence_number: 0, response: request })],
    ["that tells an error without a type of its own", '{"error":{"message":"m","type":"server_error"}}'],
    ["that tells an error and more", '{"error":{"message":"m","type":"response.x"},"code":"y"}'],
    ["that tells an error and is cut off", '{"error":{"message":"m","type":"server_error"}'],
    ["with another before it, without a blank line", '{"type":"response.output_text.done"}\n{"type":"error"}'],
    ["with another behind its beginning", '{"type":"response.created","response":{"id":"r"}}\n{"response":{}}'],
    ["whose type is a list", '{"type":["response.output_text.done"],"error":{}}'],
    ["whose type does not end", '{"type":"keepalive}'],
    ["with headers, apart from their colon", '{"type":"ping","headers" : {"openai-model":"other"}}'],
    ["with headers", '{"type":"response.output_text.done","headers":{"openai-model":"other"}}'],
    ["that begins, with headers", '{"type":"response.created","response":{"id":"r","headers":{"openai-model":"b"}}}'],
    ["that begins without a response", JSON.stringify({ type: "response.created", response: null, rest: request })],
    ["that begins and says more", JSON.stringify({ type: "response.created", response: request, more: 1 })],
    ["that begins and is cut off", '{"type":"response.created","response":{"id":"resp_1"}'],
    ["that says nothing and is cut off", '{"type":"response.output_text.done","text":"the"'],
    ["that says nothing and does not begin", '"type":"response.output_text.done"}'],
    ["of a type with an escape", '{"type":"response.output\\u005ftext.done"}'],
    ["whose type is no text", '{"type":7,"of":"response.output_text.done"}'],
    ["that fails the response", '{"type":"error","code":"rate_limit_exceeded","message":"slow","delta":"x"}'],
    ["whose delta is no text", '{"type":"response.output_text.delta","delta":1}'],
    ["without a delta", '{"type":"response.output_text.delta","text":"the"}'],
    ["with a nested value", '{"type":"response.output_text.delta","delta":"a","headers":{"openai-model":"other"}}'],
    ["with log probabilities", '{"type":"response.output_text.delta","delta":"a","logprobs":[{"token":"a"}]}'],
    ["with two types", '{"type":"response.output_text.delta","type":"error","delta":"a"}'],
    [
      "with two types around its delta",
      '{"type":"response.output_text.delta","delta":"a","type":"response.reasoning_text.delta"}',
    ],
    ["with two deltas", '{"type":"response.output_text.delta","delta":"a","delta":"b"}'],
    ["without a type", '{"delta":"a"}'],
    [
      "with an index that is not a whole number",
      '{"type":"response.reasoning_text.delta","content_index":0.5,"delta":"a"}',
    ],
    ["longer than 512 bytes", JSON.stringify({ ...text, delta: "x".repeat(512) })],
    ["cut off", '{"type":"response.output_text.delta","delta":"a"'],
    ["with something after it", '{"type":"response.output_text.delta","delta":"a"} x'],
    ["with a comma too many", '{"type":"response.output_text.delta","delta":"a",}'],
    ["with an escape that is none", '{"type":"response.output_text.delta","delta":"\\x41"}'],
    ["with a control character", '{"type":"response.output_text.delta","delta":"a\tb"}'],
    ["with a zero too many", '{"type":"response.output_text.delta","output_index":01,"delta":"a"}'],
  ])("%s", (_title, json) => {
    expect(scan(json)).toBeUndefined();
  });
});

describe("what is kept of an event keeps nothing else in memory:", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");

  const heldBytes = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const expectLittleKept = (eventAt: (index: number) => object) => {
    const read = (index: number): ScannedEvent | undefined => {
      const chunk = rawTextOf(Buffer.from(`${JSON.stringify(eventAt(index))}${"\n".repeat(100_000)}`));
      return scanEvent(chunk.slice(0, chunk.indexOf("\n")));
    };
    const before = heldBytes();
    const kept = Array.from({ length: 500 }, (_, index) => read(index));
    expect(heldBytes() - before).toBeLessThan(10e6); // of 50 MB that were read
    expect(kept).not.toContain(undefined);
  };

  it.each([
    ["a delta of one sign", "a"],
    ["a delta of twelve signs", "twelve signs"],
    ["a delta of thirteen signs", "thirteen sign"],
    ["a longer delta", "a longer delta, of thirty signs"],
    ["a delta with an escape", 'a "longer" delta, of thirty signs'],
    ["a delta with a sign of two bytes", "a longer delta, naïve"],
  ])("%s", (_title, delta) => {
    expectLittleKept((index) => ({ ...text, delta: `${delta.slice(1)}${index % 10}` }));
  });

  it("a type that is met for the first time", () => {
    expectLittleKept((index) => ({ type: `response.something_new_${index}.done`, index }));
  });

  it("and types are not remembered without end", () => {
    const before = heldBytes();
    for (let index = 0; index < 50_000; index += 1) scan(`{"type":"response.many_${index}.done"}`);
    expect(heldBytes() - before).toBeLessThan(3e6);
  });
});
