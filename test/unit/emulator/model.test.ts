import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/emulator/fields.ts";
import { findCalculation, formatNumber } from "../../../src/emulator/model/arithmetic.ts";
import { decodeCompaction } from "../../../src/emulator/model/compaction.ts";
import { compact, think } from "../../../src/emulator/model/index.ts";
import { pieces } from "../../../src/emulator/model/pieces.ts";
import { valueFor } from "../../../src/emulator/model/schema-values.ts";

function answer(prompt: string, more: Fields = {}): string {
  const [draft] = think(more, [{ role: "user", content: prompt }]);
  return draft?.type === "message" ? draft.text : JSON.stringify(draft);
}

describe("what the model says", () => {
  it.each([
    ["why is the sky blue?", /^Because of Rayleigh scattering\./],
    ["What is 17*23?", /^17\*23 = 391$/],
    ["what is (2 + 3) * 4 / 8", /^\(2 \+ 3\) \* 4 \/ 8 = 2\.5$/],
    ["12 plus 7 times 3?", /^12 \+ 7 \* 3 = 33$/],
    ["1/0", /has no value/],
    ["count to 5", /^1, 2, 3, 4, 5$/],
    ["please count from one to ten", /^1, 2, .*, 10$/],
    ["repeat: one  two\n three", /^one {2}two\n three$/],
    ["write a haiku", /^.+\n.+\n.+$/],
    ["list 3 fruits", /^1\. \w+\n2\. \w+\n3\. \w+$/],
    ["answer in JSON", /"from": "codex-wire emulator"/],
    ["hello", /emulator/],
    ["who are you?", /emulator/],
    ["Owls see at night", /emulator.*“Owls see at night”, 4 words.*“thgin”/],
    ["Today is 2026-02-25", /emulator/],
    ["", /emulator.*silence/],
  ])("answers %j", (prompt, expected) => {
    expect(answer(prompt)).toMatch(expected);
  });

  it("is the same every time", () => {
    expect(answer("Tell me a story")).toBe(answer("Tell me a story"));
  });

  it("looks back in the conversation", () => {
    const conversation = [
      { role: "user", content: "I like owls" },
      { role: "assistant", content: [{ type: "output_text", text: "Good." }] },
      { role: "user", content: [{ type: "input_text", text: "And foxes" }] },
      { role: "user", content: "what did I first say?" },
    ];
    expect(think({}, conversation)).toEqual([{ type: "message", text: "You said: “I like owls”" }]);
  });

  it("ignores context that a client put in tags", () => {
    const context = { role: "user", content: "<environment_context>\n  <cwd>/</cwd>\n</environment_context>" };
    expect(think({}, [{ role: "user", content: "17*23" }, context])).toEqual([
      { type: "message", text: "17*23 = 391" },
    ]);
  });

  it("mentions images", () => {
    const content = [
      { type: "input_text", text: "Look" },
      { type: "input_image", image_url: "data:" },
    ];
    expect(think({}, [{ role: "user", content }])).toMatchObject([{ text: expect.stringContaining("an image") }]);
  });

  it("reports a tool's output, with the tool's name", () => {
    const conversation = [
      { role: "user", content: "What is the weather in Paris?" },
      { type: "function_call", call_id: "c1", name: "get_weather", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "18 degrees" },
    ];
    const tools = [{ type: "function", name: "get_weather", parameters: {} }];
    expect(think({ tools }, conversation)).toEqual([
      { type: "message", text: "The tool get_weather answered: 18 degrees" },
    ]);
  });

  it("reads tool output that comes as parts", () => {
    const output = [
      { type: "input_text", text: "all well" },
      { type: "input_image", image_url: "data:" },
    ];
    const conversation = [{ type: "custom_tool_call_output", call_id: "c1", output }];
    expect(think({}, conversation)).toEqual([{ type: "message", text: "The tool answered: all well" }]);
  });

  it("keeps the user's words in a compaction", () => {
    const { encryptedContent } = compact([{ role: "user", content: "remember the milk" }]);
    expect(decodeCompaction({ encrypted_content: encryptedContent })?.prompts).toEqual(["remember the milk"]);
  });
});

const WEATHER = {
  type: "function",
  name: "get_weather",
  parameters: {
    type: "object",
    properties: { location: { type: "string" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
    required: ["location", "unit"],
  },
};
const CALCULATOR = {
  type: "function",
  name: "calculator",
  parameters: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" }, op: { enum: ["add", "multiply"] } },
    required: ["a", "b", "op"],
  },
};
const SHELL = {
  type: "function",
  name: "shell",
  parameters: { type: "object", properties: { command: { type: "array", items: { type: "string" } } } },
};
const PLAN = { type: "function", name: "update_plan", parameters: { type: "object", properties: {} } };
const PATCH = { type: "custom", name: "apply_patch" };
const TOOLS = [WEATHER, CALCULATOR, SHELL, PLAN, PATCH];

describe("tool calls", () => {
  it.each([
    ["What is the weather in New York in fahrenheit?", "get_weather", { location: "New York", unit: "fahrenheit" }],
    ["12*7?", "calculator", { a: 12, b: 7, op: "multiply" }],
    ["run `ls -la`", "shell", { command: ["bash", "-lc", "ls -la"] }],
    ["execute the command date", "shell", { command: ["bash", "-lc", "date"] }],
    ["use update_plan now", "update_plan", {}],
  ])("answers %j with %s", (prompt, name, given) => {
    const [call] = think({ tools: TOOLS }, [{ role: "user", content: prompt }]);
    expect(call).toMatchObject({ type: "function_call", name });
    expect(JSON.parse((call as { arguments: string }).arguments)).toEqual(given);
  });

  it.each(["why is the sky blue?", "hello", "make a plan for me", "We run every morning"])(
    "does not answer %j with a tool call",
    (prompt) => {
      expect(think({ tools: TOOLS }, [{ role: "user", content: prompt }])).toMatchObject([{ type: "message" }]);
    },
  );

  it("writes a patch for apply_patch", () => {
    const [call] = think({ tools: TOOLS }, [{ role: "user", content: 'apply a patch with "hi"' }]);
    expect(call).toEqual({
      type: "custom_tool_call",
      name: "apply_patch",
      input: "*** Begin Patch\n*** Add File: hello.txt\n+hi\n*** End Patch\n",
    });
  });

  it("finds tools in a namespace and names it", () => {
    const tools = [{ type: "namespace", name: "sky", tools: [WEATHER] }];
    expect(think({ tools }, [{ role: "user", content: "weather in Oslo" }])).toMatchObject([
      { name: "get_weather", namespace: "sky" },
    ]);
  });

  it.each([
    ["none", "What is the weather in Paris?", "message"],
    ["required", "hello", "function_call"],
    [{ type: "custom", name: "apply_patch" }, "hello", "custom_tool_call"],
  ])("obey tool_choice %j", (choice, prompt, type) => {
    const body = { tools: TOOLS, tool_choice: choice };
    expect(think(body, [{ role: "user", content: prompt }])).toMatchObject([{ type }]);
  });
});

it("reasons as long for an unknown effort as for a medium one", () => {
  const tokensAt = (effort: string) => think({ reasoning: { effort } }, [{ role: "user", content: "hello" }])[0];
  expect(tokensAt("constructor")).toEqual(tokensAt("medium"));
});

describe("structured output", () => {
  const source = { prompt: 'Rate "Dune" with 4 stars', answer: "An answer." };
  it.each<[string, Fields, unknown]>([
    ["a string", { type: "string" }, "Dune"],
    ["the answer if one is asked for", { properties: { answer: { type: "string" } } }, { answer: "An answer." }],
    ["a number of the prompt", { type: "integer" }, 4],
    ["a number within bounds", { type: "number", minimum: 5, maximum: 9 }, 5],
    ["an enum value that was named", { enum: ["book", "stars"] }, "stars"],
    ["the first enum value otherwise", { enum: ["book", "film"] }, "book"],
    ["a constant", { const: 7 }, 7],
    ["a boolean", { type: "boolean" }, false],
    ["null", { type: "null" }, null],
    ["the type beside null", { type: ["null", "boolean"] }, false],
    ["the first alternative that is not null", { anyOf: [{ type: "null" }, { type: "boolean" }] }, false],
    ["as many items as needed", { type: "array", items: { type: "boolean" }, minItems: 2 }, [false, false]],
    ["no more items than allowed", { type: "array", items: { type: "boolean" }, maxItems: 0 }, []],
    [
      "only what is required",
      { type: "object", properties: { a: { type: "boolean" }, b: { type: "null" } }, required: ["b"] },
      { b: null },
    ],
    [
      "a reference",
      { type: "object", properties: { x: { $ref: "#/$defs/flag" } }, $defs: { flag: { type: "boolean" } } },
      { x: false },
    ],
    ["a date", { type: "string", format: "date" }, "2026-03-13"],
    ["a string for an unknown format", { type: "string", format: "constructor" }, "Dune"],
    [
      "a property of any name",
      { type: "object", properties: JSON.parse('{"__proto__":{"type":"boolean"}}'), required: ["__proto__"] },
      JSON.parse('{"__proto__":false}'),
    ],
    ["a string of the right length", { type: "string", minLength: 6, maxLength: 6 }, "Dune.."],
  ])("makes %s", (_name, schema, expected) => {
    expect(valueFor(schema, source)).toEqual(expected);
  });

  it("ends on a schema that contains itself", () => {
    const schema = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
    expect(JSON.stringify(valueFor(schema, source)).length).toBeLessThan(1000);
  });

  it("is the text of the message", () => {
    const schema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };
    const format = { type: "json_schema", name: "x", schema };
    expect(JSON.parse(answer("17*23", { text: { format } }))).toEqual({ answer: "17*23 = 391" });
    expect(JSON.parse(answer("17*23", { text: { format: { type: "json_object" } } }))).toEqual({
      answer: "17*23 = 391",
    });
  });
});

describe("arithmetic", () => {
  it.each([
    ["2^3^2", 512],
    ["-3 + 5", 2],
    ["10 % 4", 2],
    ["6 ÷ 4", 1.5],
    ["3 × 3", 9],
    ["8 divided by 2", 4],
  ])("finds %s = %d", (prompt, value) => {
    expect(findCalculation(prompt)?.value).toBe(value);
  });

  it.each(["no numbers", "room 42", "2026-02-25", "(1 + 2"])("finds no arithmetic in %j", (prompt) => {
    expect(findCalculation(prompt)?.value ?? Number.NaN).toBeNaN();
  });

  it("writes numbers without rounding errors", () => {
    expect(formatNumber(0.1 + 0.2)).toBe("0.3");
    expect(formatNumber(391)).toBe("391");
  });
});

describe("pieces", () => {
  it.each(["", " ", "one two", "  lead", "trail \n", "a".repeat(40), "🙂🙂 ok", "line\n\nline"])(
    "lose nothing of %j",
    (text) => {
      expect(pieces(text).join("")).toBe(text);
    },
  );

  it("are words with preceding white space, long ones in parts", () => {
    expect(pieces("I am incomprehensible")).toEqual(["I", " am", " incomprehens", "ible"]);
  });
});
