import { describe, expect, test } from "vitest";
import {
  decodeMemorySummaries,
  encodeMemorySummarizeInput,
  type MemorySummarizeInput,
} from "../../../../src/api/endpoints/memories/shape.ts";
import { AnswerReader } from "../../../../src/api/wire/answer-reader.ts";
import { BuildError, ProtocolError } from "../../../../src/client/failure/kinds.ts";

const read = (answer: unknown) => new AnswerReader(answer, "failed to decode memory summaries");

const trace = { items: [{ type: "message", any: 1 }], metadata: { source_path: "/a", more: 1 }, id: "t1" };

describe("encodeMemorySummarizeInput", () => {
  test("writes model, traces and reasoning in the reference's order, and leaves items unchanged", () => {
    const body = encodeMemorySummarizeInput({ reasoning: { effort: "low" }, traces: [trace], model: "m" });
    expect(JSON.stringify(body)).toBe(
      '{"model":"m","traces":[{"id":"t1","metadata":{"source_path":"/a"},"items":[{"type":"message","any":1}]}],"reasoning":{"effort":"low"}}',
    );
  });

  test("leaves out absent reasoning", () => {
    expect(encodeMemorySummarizeInput({ model: "m", traces: [], reasoning: null })).toEqual({ model: "m", traces: [] });
  });

  test.each<[unknown, string]>([
    [{ traces: [] }, "model is missing"],
    [{ model: "m" }, "traces is missing"],
    [{ model: "m", traces: ["x"] }, "traces[0] is not an object"],
    [{ model: "m", traces: [trace, { ...trace, id: 1 }] }, "traces[1].id is missing"],
    [{ model: "m", traces: [{ ...trace, metadata: {} }] }, "traces[0].metadata.source_path is missing"],
    [{ model: "m", traces: [{ ...trace, metadata: null }] }, "traces[0].metadata.source_path is missing"],
    [{ model: "m", traces: [{ ...trace, items: {} }] }, "traces[0].items is missing"],
  ])("refuses %j", (input, message) => {
    expect(() => encodeMemorySummarizeInput(input as MemorySummarizeInput)).toThrow(BuildError);
    expect(() => encodeMemorySummarizeInput(input as MemorySummarizeInput)).toThrow(message);
  });
});

describe("decodeMemorySummaries", () => {
  test.each([
    ["trace_summary", { trace_summary: "t", memory_summary: "m" }],
    ["its alias raw_memory", { raw_memory: "t", memory_summary: "m", new_field: 1 }],
  ])("reads %s", (_, entry) => {
    expect(decodeMemorySummaries(read({ output: [entry] }))).toEqual([{ trace_summary: "t", memory_summary: "m" }]);
  });

  test.each<[unknown, string]>([
    [{}, "missing field `output`"],
    [{ output: null }, "output: invalid type: null, expected a sequence"],
    [{ output: [5] }, "output[0]: invalid type: integer `5`, expected a JSON object"],
    [{ output: [{ memory_summary: "m" }] }, "output[0]: missing field `trace_summary`"],
    [{ output: [{ trace_summary: "t" }] }, "output[0]: missing field `memory_summary`"],
    [
      { output: [{ trace_summary: "t", memory_summary: 1.5 }] },
      "output[0].memory_summary: invalid type: floating point `1.5`, expected a string",
    ],
    ["no", "invalid type: string, expected a JSON object"],
    ["sk-secret", "invalid type: string, expected a JSON object"],
  ])("throws a stream error for %j", (answer, message) => {
    expect(() => decodeMemorySummaries(read(answer))).toThrow(ProtocolError);
    expect(() => decodeMemorySummaries(read(answer))).toThrow(`failed to decode memory summaries: ${message}`);
  });
});
