import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { jsonSchemaFormat } from "../../../../src/api/compose/format.ts";
import { functionOutput, inputImage, type ToolResult } from "../../../../src/api/compose/messages.ts";
import { readOutput, type ToolCallOf } from "../../../../src/api/compose/read-output.ts";
import { customTool, functionTool } from "../../../../src/api/compose/tools.ts";
import { unlisted } from "../../../../src/api/compose/unlisted.ts";
import type { RequestFields, ResponsesRequest } from "../../../../src/api/wire/request-fields.ts";
import { encodeResponsesRequest } from "../../../../src/api/wire/requests.ts";
import { BuildError } from "../../../../src/client/failure/kinds.ts";

// `tsc` tests what must not compile: `@ts-expect-error` on a line without an error is an error.
const weather = functionTool({ name: "weather", parameters: z.object({ city: z.string() }) });
const clock = functionTool({ name: "clock", parameters: toStandardJsonSchema(v.object({ zone: v.string() })) });
const dice = functionTool({ name: "dice", parameters: type({ sides: "number" }) });
const exec = customTool({ name: "exec" });
const format = jsonSchemaFormat({ name: "answer", schema: z.object({ total: z.number() }) });

describe("types of a request", () => {
  test("refuse misspelt and unknown fields, also through the type parameters of a call", () => {
    const send = <P, T extends readonly unknown[]>(request: ResponsesRequest<P, T>) => request;
    // @ts-expect-error misspelt
    send({ model: "m", input: "x", instuctions: "be brief" });
    // @ts-expect-error another API's name
    send({ model: "m", input: "x", max_tokens: 5 });
    // @ts-expect-error misspelt within a known tool
    send({ model: "m", input: "x", tools: [{ type: "web_search", filtrs: {} }] });
    // @ts-expect-error an unknown tool has to be built
    send({ model: "m", input: "x", tools: [{ type: "brand_new" }] });
    // @ts-expect-error no model
    send({ input: "x" });
    // @ts-expect-error misspelt in a variable
    const kept = { model: "m", input: "x", temprature: 1 } satisfies ResponsesRequest;
    expect(send(kept as never)).toBe(kept);
  });

  test("accept unknown tools, items and parts through `unlisted`, messages in short form, undefined and null", () => {
    const request = {
      model: "m",
      input: [
        { role: "user", content: "hi" },
        { role: "user", content: [unlisted({ type: "input_smell", smell: "rose" })] },
        unlisted({ type: "brand_new", a: 1 }),
      ],
      tools: [weather, unlisted({ type: "brand_new_tool", depth: 3 })],
      temperature: null,
      top_p: undefined,
      extra: { brand_new: true },
    } satisfies ResponsesRequest;
    expect(JSON.parse(JSON.stringify(encodeResponsesRequest(request)))).toMatchObject({
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
        { type: "message", role: "user", content: [{ type: "input_smell", smell: "rose" }] },
        { type: "brand_new", a: 1 },
      ],
      tools: [{ name: "weather" }, { type: "brand_new_tool", depth: 3 }],
      temperature: null,
      brand_new: true,
    });
  });

  test("do not let `extra` repeat a typed field, nor does the run time", () => {
    const fields = { model: "m", input: "x" };
    // @ts-expect-error typed
    const request: ResponsesRequest = { ...fields, extra: { temperature: 1 } };
    expect(() => encodeResponsesRequest(request)).toThrow(BuildError);
    expect(() => encodeResponsesRequest(request)).toThrow("extra.temperature");
    expectTypeOf<RequestFields>().not.toHaveProperty("extra");
  });
});

describe("the type of an answer", () => {
  test("follows the request, written in place or kept in a variable", async () => {
    const request = {
      model: "m",
      input: "x",
      text: { format },
      tools: [weather, clock, dice, exec, { type: "web_search" }],
    } satisfies ResponsesRequest;
    const reading = await readOutput([], request);
    expectTypeOf(reading.parsed).toEqualTypeOf<{ total: number } | undefined>();
    for (const call of reading.calls) {
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
      if (call.name === "clock") expectTypeOf(call.parsed).toEqualTypeOf<{ zone: string } | undefined>();
      if (call.name === "dice") expectTypeOf(call.parsed).toEqualTypeOf<{ sides: number } | undefined>();
      if (call.name === "exec") expectTypeOf(call.item.type).toEqualTypeOf<"custom_tool_call">();
      // @ts-expect-error no tool of this request
      if (call.name === "wheather") continue;
    }
    const tools = [
      weather,
      exec,
      { type: "file_search", vector_store_ids: [] },
      unlisted({ type: "brand_new" }),
    ] as const;
    const one = await readOutput([], { tools });
    const results: ToolResult[] = [
      "text",
      { city: "Paris" },
      inputImage("https://h/a.png"),
      [{ type: "input_text", text: "part" }],
    ];
    // @ts-expect-error a list of anything is no list of parts
    results.push([1]);
    const answered = one.calls.flatMap((call) => results.map((result) => functionOutput(call, result)));
    expect(answered).toEqual([]);
    const handled = one.calls.map((call: ToolCallOf<typeof tools>) => {
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
      // @ts-expect-error no tool of these
      return call.name === "wheather";
    });
    expect(handled).toEqual([]);
    const inPlace = await readOutput([], { text: { format }, tools: [dice, { type: "web_search" }, weather] });
    expectTypeOf(inPlace.parsed).toEqualTypeOf<{ total: number } | undefined>();
    for (const call of inPlace.calls) {
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
      // @ts-expect-error no tool of this request
      if (call.name === "wheather") continue;
    }
    const plain = await readOutput([], {});
    expectTypeOf(plain.calls[0]?.name).toEqualTypeOf<string | undefined>();
    expect([reading, inPlace, plain]).toEqual([{ calls: [] }, { calls: [] }, { calls: [] }]);
  });

  test("follows tools that are chosen while the program runs", async () => {
    const isAllowed = Math.random() < 2;
    const lists = [weather, exec];
    const fixed = [weather, exec] as const;
    const inPlace = await readOutput([], { tools: isAllowed ? [weather] : [] });
    const kept = await readOutput([], { tools: isAllowed ? lists : [] });
    const orNone = await readOutput([], { tools: isAllowed ? fixed : undefined });
    for (const call of inPlace.calls)
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
    for (const call of kept.calls)
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
    for (const call of orNone.calls)
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
    const spread = await readOutput([], { tools: [dice, ...lists] });
    for (const call of spread.calls)
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
    const orEmpty = await readOutput([], { tools: isAllowed ? fixed : [] });
    for (const call of orEmpty.calls)
      if (call.name === "weather") expectTypeOf(call.parsed).toEqualTypeOf<{ city: string } | undefined>();
    const either = await readOutput([], { tools: isAllowed ? [weather, exec] : [weather] }); // one of the two lists is known
    for (const { calls } of [inPlace, kept, orNone, spread, either, orEmpty]) expect(calls).toEqual([]);
  });

  test("is a value or a problem, and checking one narrows the other", async () => {
    const { calls, ...read } = await readOutput([], { text: { format }, tools: [weather] });
    const { parsed, problem } = read;
    if (parsed) {
      expectTypeOf(problem).toEqualTypeOf<undefined>();
      expectTypeOf(parsed).toEqualTypeOf<{ total: number }>();
    }
    if (problem) expectTypeOf(parsed).toEqualTypeOf<undefined>();
    for (const call of calls) {
      if (call.name !== "weather") continue;
      if (call.problem) expectTypeOf(call.parsed).toEqualTypeOf<undefined>();
      else expectTypeOf(call.parsed).toEqualTypeOf<{ city: string }>(); // a call always has one of the two
    }
    expect(read).toEqual({});
  });

  test("needs a schema library that gives JSON Schema, or one given beside it", () => {
    const bare = v.object({ city: v.string() });
    // @ts-expect-error no JSON Schema
    expect(() => functionTool({ name: "w", parameters: bare })).toThrow(/valibot.*jsonSchema as well/);
    // @ts-expect-error no JSON Schema
    expect(() => jsonSchemaFormat({ name: "w", schema: bare })).toThrow(BuildError);
    const jsonSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    expectTypeOf(jsonSchemaFormat({ name: "w", schema: bare, jsonSchema })).toExtend<
      ReturnType<typeof jsonSchemaFormat<{ city: string }>>
    >();
  });
});
