import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonSchemaFormat } from "../../../../src/api/compose/format.ts";
import {
  functionOutput,
  inputFile,
  inputImage,
  systemMessage,
  userMessage,
} from "../../../../src/api/compose/messages.ts";
import { customTool, functionTool } from "../../../../src/api/compose/tools.ts";
import { BuildError } from "../../../../src/client/failure/kinds.ts";

const closedCity = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

describe("functionTool", () => {
  test.each([
    ["zod", z.object({ city: z.string() })],
    ["arktype", type({ city: "string" })],
    ["valibot", toStandardJsonSchema(v.object({ city: v.string() }))],
  ])("sends the JSON Schema of %s, closed", (_, parameters) => {
    const tool = functionTool({ name: "weather", description: "Of a city.", parameters, async: true });
    const { $schema, ...schema } = tool.parameters ?? {};
    expect($schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema).toEqual(closedCity);
    expect(JSON.parse(JSON.stringify(tool))).toMatchObject({
      type: "function",
      name: "weather",
      description: "Of a city.",
      strict: true,
      async: true,
    });
  });

  test("sends a schema's input form, not its output form", () => {
    const parameters = z.object({ when: z.string().transform((text) => new Date(text)) });
    expect(functionTool({ name: "n", parameters }).parameters?.properties).toEqual({ when: { type: "string" } });
  });

  const object = (properties: object, required: string[] = Object.keys(properties)) => ({
    type: "object",
    properties,
    required,
  });
  test.each<[string, object, string]>([
    ["at the top", object({ city: {} }, []), "the property city is optional"],
    ["in an object", object({ at: object({ city: {} }, []) }), "the property at.city is optional"],
    ["in a list", object({ at: { type: "array", items: object({ c: {} }, []) } }), "the property at[].c is optional"],
    [
      "in a choice",
      object({ at: { anyOf: [object({ c: {} }, []), { type: "null" }] } }),
      "the property at.c is optional",
    ],
    ["in a definition", { ...object({}), $defs: { A: object({ c: {} }, []) } }, "the property $defs.A.c is optional"],
    [
      "in an entry of a list",
      object({ at: { prefixItems: [object({ c: {} }, [])] } }),
      "the property at[].c is optional",
    ],
    [
      "in a nullable type",
      object({ at: { ...object({ c: {} }, []), type: ["object", "null"] } }),
      "the property at.c is",
    ],
    ["in properties without a type", object({ at: { properties: { c: {} } } }), "the property at.c is optional"],
    ["open at the top", { ...object({}), additionalProperties: true }, "the object is open"],
    [
      "open, of a type among others",
      object({ at: { type: ["null", "object"], additionalProperties: {} } }),
      "the object at is open",
    ],
    ["open", object({ at: { ...object({}), additionalProperties: true } }), "the object at is open"],
  ])("names the path of what strict mode does not allow: %s", (_, parameters, message) => {
    const build = () => functionTool({ name: "weather", parameters: { ...parameters } });
    expect(build).toThrow(BuildError);
    expect(build).toThrow(`parameters of tool "weather": ${message}`);
    expect(functionTool({ name: "weather", parameters: { ...parameters }, strict: false }).parameters).toEqual(
      parameters,
    );
  });

  test("closes every object, a property called __proto__ included, and leaves the caller's schema alone", () => {
    const parameters = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"object"}},"required":["__proto__"]}',
    );
    const before = JSON.stringify(parameters);
    expect(JSON.stringify(functionTool({ name: "n", parameters }).parameters)).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"object","additionalProperties":false,"required":[]}},"required":["__proto__"],"additionalProperties":false}',
    );
    expect(JSON.stringify(parameters)).toBe(before);
  });

  test("leaves schemas of values other than objects unchanged", () => {
    const parameters = { type: "object", properties: { any: true, none: false }, required: ["any", "none"] };
    expect(functionTool({ name: "n", parameters }).parameters).toEqual({ ...parameters, additionalProperties: false });
  });

  test("refuses a cyclic schema, one that JSON Schema cannot express, and a tool without a name", () => {
    const endless: Record<string, unknown> = { type: "array" };
    endless.items = endless;
    expect(() => functionTool({ name: "n", parameters: endless })).toThrow("contains itself");
    expect(() => functionTool({ name: "n", parameters: z.object({ at: z.date() }) })).toThrow(
      /cannot be converted to JSON Schema/,
    );
    expect(() => functionTool({ name: "", parameters: {} })).toThrow("functionTool: name is missing");
    expect(() => customTool({ name: "" })).toThrow("customTool: name is missing");
  });

  test("refuses a name that the service would refuse, and quotes it", () => {
    const parameters = { type: "object", properties: {} };
    const rule = 'name must be 1 to 128 letters, digits, "_" or "-", and is';
    expect(() => functionTool({ name: "get weather", parameters })).toThrow(`functionTool: ${rule} "get weather"`);
    expect(() => functionTool({ name: "a".repeat(129), parameters })).toThrow(`${rule} "${"a".repeat(128)}…"`);
    expect(() => customTool({ name: "größe" })).toThrow(
      'customTool: name must be 1 to 128 letters, digits, "_" or "-"',
    );
    expect(() => jsonSchemaFormat({ name: "a".repeat(65), schema: parameters })).toThrow("1 to 64 letters");
    expect(functionTool({ name: `Get-2_${"a".repeat(122)}`, parameters }).name).toHaveLength(128);
  });
});

test("jsonSchemaFormat sends name, description, strict and the schema, without anything of the schema's library", () => {
  const format = jsonSchemaFormat({ name: "a", description: "d", schema: type({ city: "string" }), strict: true });
  expect(JSON.parse(JSON.stringify(format))).toEqual({
    type: "json_schema",
    name: "a",
    description: "d",
    strict: true,
    schema: { $schema: "https://json-schema.org/draft/2020-12/schema", ...closedCity },
  });
});

describe("messages", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  test("are written in full", () => {
    expect(userMessage("hi")).toEqual({ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] });
    expect(systemMessage([{ type: "input_text", text: "hi" }])).toMatchObject({
      role: "system",
      content: [{ text: "hi" }],
    });
    expect(userMessage(inputImage("https://a.example/x.png")).content).toHaveLength(1);
  });

  test.each<[unknown, object]>([
    [inputImage("https://a.example/x.png", { detail: "low" }), { image_url: "https://a.example/x.png", detail: "low" }],
    [inputImage(new URL("data:image/png;base64,AA==")), { image_url: "data:image/png;base64,AA==" }],
    [inputImage({ bytes: bytes.subarray(1), mediaType: "image/png" }), { image_url: "data:image/png;base64,AgM=" }],
    [
      inputImage({ fileId: "f" }, { promptCacheBreakpoint: { mode: "explicit" } }),
      { file_id: "f", prompt_cache_breakpoint: { mode: "explicit" } },
    ],
    [inputFile("https://a.example/x.pdf"), { file_url: "https://a.example/x.pdf" }],
    [inputFile("data:text/plain,x", { filename: "x.txt" }), { file_data: "data:text/plain,x", filename: "x.txt" }],
    [
      inputFile({ bytes, mediaType: "text/plain" }, { filename: "x.txt" }),
      { file_data: "data:text/plain;base64,AQID", filename: "x.txt" },
    ],
    [inputFile({ fileId: "f" }), { file_id: "f" }],
  ])("contain images and files: %j", (part, expected) => {
    const { type: _type, ...fields } = part as Record<string, unknown>;
    expect(fields).toEqual(expected);
  });

  test("refuse a path, and bytes without a name", () => {
    expect(() => inputImage("./cat.png")).toThrow(/inputImage: the source is not an http/);
    expect(() => inputFile("/etc/x.pdf")).toThrow(BuildError);
    expect(() => inputFile({ bytes, mediaType: "text/plain" })).toThrow("bytes need a filename");
  });
});

test("functionOutput answers a call by its kind and repeats its caller", () => {
  const caller = { type: "program", caller_id: "p" } as const;
  expect(functionOutput("c", { a: 1 })).toEqual({ type: "function_call_output", call_id: "c", output: '{"a":1}' });
  expect(functionOutput({ type: "function_call", call_id: "c", caller }, "x")).toEqual({
    type: "function_call_output",
    call_id: "c",
    output: "x",
    caller,
  });
  const item = { type: "custom_tool_call", call_id: "c", name: "n", input: "" } as const;
  const parts = [{ type: "input_text", text: "x" }] as const;
  expect(functionOutput({ item }, parts)).toEqual({ type: "custom_tool_call_output", call_id: "c", output: parts });
});

test("functionOutput accepts a single part, and an object of any declared type", () => {
  const image = inputImage("https://example.test/plot.png");
  expect(functionOutput("c", image).output).toEqual([image]);
  interface Weather {
    readonly celsius: number;
  }
  const weather: Weather = { celsius: 18 };
  expect(functionOutput("c", weather).output).toBe('{"celsius":18}');
});

test("functionOutput gives the model the message of an error", () => {
  expect(functionOutput("c", new RangeError("too far")).output).toBe("RangeError: too far");
  expect(functionOutput("c", { error: new Error("no such file") }).output).toBe('{"error":"Error: no such file"}');
});

test.each([
  ["nothing", undefined, 'the output is undefined; a tool without one may say "done"'],
  ["a promise", Promise.resolve("x"), "the output is a promise; await it first"],
  [
    "a list of texts",
    ["a", "b"],
    "a list must hold parts; write another one with JSON.stringify, or as { results: list }",
  ],
  [
    "a list of objects",
    [{ path: "a" }],
    "a list must hold parts; write another one with JSON.stringify, or as { results: list }",
  ],
  [
    "bytes",
    Buffer.from("x"),
    "the output is bytes, a map or another iterable; write it as a text, or as an object of plain values",
  ],
  [
    "a map",
    new Map([["a", 1]]),
    "the output is bytes, a map or another iterable; write it as a text, or as an object of plain values",
  ],
])("functionOutput refuses %s, and says what it accepts", (_, output, message) => {
  // @ts-expect-error It does not compile either.
  expect(() => functionOutput("c", output)).toThrow(new BuildError(`functionOutput: ${message}`));
});

test.each([undefined, 5])("a message of %j is refused", (content) => {
  for (const build of [userMessage, systemMessage] as ((content: unknown) => unknown)[])
    expect(() => build(content)).toThrow(
      /^the content of a message must be a text, a part or a list of parts, and is /,
    );
});

test.each([undefined, null, Buffer.from("x"), { bytes: Buffer.from("x") }, { bytes: "x", mediaType: "text/plain" }])(
  "an image or file from %j is refused, and the message lists the accepted forms",
  (source) => {
    // @ts-expect-error It does not compile either.
    expect(() => inputImage(source)).toThrow(
      new BuildError("inputImage: the source must be a URL, { bytes, mediaType } or { fileId }"),
    );
    // @ts-expect-error It does not compile either.
    expect(() => inputFile(source, { filename: "a.txt" })).toThrow(
      new BuildError("inputFile: the source must be a URL, { bytes, mediaType } or { fileId }"),
    );
  },
);

test.each([undefined, null, {}, { item: { type: "message" } }])("functionOutput refuses %j as a call", (call) => {
  // @ts-expect-error It does not compile either.
  expect(() => functionOutput(call, "x")).toThrow(
    new BuildError("functionOutput: the first argument must be a call, as collect() gives in calls, or a call_id"),
  );
});
