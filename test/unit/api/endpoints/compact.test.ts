import { describe, expect, test } from "vitest";
import {
  type CompactionInput,
  decodeCompactionOutput,
  encodeCompactionInput,
} from "../../../../src/api/endpoints/compact/shape.ts";
import { AnswerReader } from "../../../../src/api/wire/answer-reader.ts";
import { BuildError, ProtocolError } from "../../../../src/client/failure/kinds.ts";

const read = (answer: unknown) => new AnswerReader(answer, "failed to decode compaction response");

describe("encodeCompactionInput", () => {
  test("always writes the five fields, and leaves out absent reasoning and text", () => {
    expect(JSON.stringify(encodeCompactionInput({ input: [], model: "m", reasoning: null, text: null }))).toBe(
      '{"model":"m","input":[],"instructions":"","tools":[],"parallel_tool_calls":true}',
    );
  });

  test("writes everything in the reference's order, further fields last", () => {
    const input: CompactionInput = {
      prompt_cache_key: "k",
      text: { verbosity: "low" },
      reasoning: { effort: "high" },
      parallel_tool_calls: false,
      tools: [{ type: "web_search" }],
      instructions: "i",
      input: [{ type: "message", id: "m", role: "user", content: [] }],
      model: "m",
    };
    expect(JSON.stringify(encodeCompactionInput(input))).toBe(
      '{"model":"m","input":[{"type":"message","role":"user","content":[]}],"instructions":"i","tools":[{"type":"web_search"}],' +
        '"parallel_tool_calls":false,"reasoning":{"effort":"high"},"text":{"verbosity":"low"},"prompt_cache_key":"k"}',
    );
  });

  test.each([
    ["fast", "priority"],
    ["flex", "flex"],
    [null, null],
  ])("writes the service tier %s as %s", (service_tier, written) => {
    expect(encodeCompactionInput({ model: "m", input: [], service_tier })).toHaveProperty("service_tier", written);
  });

  test.each<[unknown, string]>([
    [{ model: "m" }, "input is missing"],
    [{ model: "m", input: ["x"] }, "input[0] is not an object"],
    [{ model: "m", input: [], extra: { tools: [] } }, "extra.tools repeats a field"],
  ])("refuses %j", (input, message) => {
    expect(() => encodeCompactionInput(input as CompactionInput)).toThrow(BuildError);
    expect(() => encodeCompactionInput(input as CompactionInput)).toThrow(message);
  });
});

describe("decodeCompactionOutput", () => {
  test("returns all items whole, known or not, and compaction_summary as compaction", () => {
    const output = [
      { type: "message", id: "m", role: "user", content: [], new_field: 1 },
      { type: "compaction_summary", encrypted_content: "e" },
      { type: "brand_new", a: 1 },
    ];
    expect(decodeCompactionOutput(read({ output }))).toEqual([
      output[0],
      { type: "compaction", encrypted_content: "e" },
      output[2],
    ]);
  });

  test.each<[unknown, string]>([
    [{}, "missing field `output`"],
    [{ output: {} }, "output: invalid type: map, expected a sequence"],
    [{ output: [{ type: "message" }, {}] }, "output[1] is not an item"],
    [[], "invalid type: sequence, expected a JSON object"],
    [null, "invalid type: null, expected a JSON object"],
  ])("throws a stream error for %j", (answer, message) => {
    expect(() => decodeCompactionOutput(read(answer))).toThrow(ProtocolError);
    expect(() => decodeCompactionOutput(read(answer))).toThrow(`failed to decode compaction response: ${message}`);
  });
});
