import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonSchemaFormat } from "../../../../src/api/compose/format.ts";
import { readOutput } from "../../../../src/api/compose/read-output.ts";
import { customTool, functionTool } from "../../../../src/api/compose/tools.ts";
import type { FunctionCallItem, MessageItem } from "../../../../src/api/wire/items.ts";
import type { SchemaResult, StandardSchema } from "../../../../src/api/wire/schema.ts";

const total = z.object({ total: z.number() });
const request = {
  text: { format: jsonSchemaFormat({ name: "a", schema: total }) },
  tools: [functionTool({ name: "add", parameters: total }), customTool({ name: "exec" })],
};
const message = (text: string, more: Partial<MessageItem> = {}): MessageItem => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }],
  ...more,
});
const call = (text: string, more: Partial<FunctionCallItem> = {}): FunctionCallItem => ({
  type: "function_call",
  name: "add",
  call_id: "c",
  arguments: text,
  ...more,
});
const refusal = { content: [{ type: "refusal", refusal: "no" }] } as const;

describe("parsed", () => {
  test("is read from the last message that is not commentary", async () => {
    const items = [message('{"total":1}'), message('{"total":2}'), message("hm", { phase: "commentary" }), call("{}")];
    expect((await readOutput(items, request)).parsed).toEqual({ total: 2 });
  });

  test("is absent if the request asks for no JSON", async () => {
    expect(await readOutput([message("1")], {})).toEqual({ calls: [] });
  });

  test("is checked beyond what JSON Schema can express", async () => {
    const format = jsonSchemaFormat({ name: "a", schema: { type: "object" } });
    expect((await readOutput([message('{"x":1}')], { text: { format } })).parsed).toEqual({ x: 1 });
  });

  test.each([
    ["refused", message("", refusal), false],
    ["incomplete", message('{"total":', { status: "incomplete" }), false],
    ["incomplete", message('{"total":'), true],
    ["not_json", message("two"), false],
    ["does_not_fit", message('{"total":"two"}'), false],
  ] as const)("comes with a reason if it is missing: %s", async (reason, item, incomplete) => {
    const { parsed, problem } = await readOutput([item], request, { incomplete });
    expect(parsed).toBeUndefined();
    expect(problem?.reason).toBe(reason);
    if (reason === "does_not_fit") expect(problem?.issues?.[0]).toMatchObject({ path: ["total"] });
  });
});

describe("calls", () => {
  test("have item, name, id, the text as written, and the value that the schema makes of it", async () => {
    const custom = { type: "custom_tool_call", name: "exec", call_id: "x", input: "ls" } as const;
    const unknown = call('{"a":1}', { name: "other" });
    const { calls } = await readOutput([call('{"total":3}'), custom, unknown, call("{")], request);
    expect(calls).toEqual([
      { item: call('{"total":3}'), name: "add", callId: "c", arguments: '{"total":3}', parsed: { total: 3 } },
      { item: custom, name: "exec", callId: "x", arguments: "ls" },
      { item: unknown, name: "other", callId: "c", arguments: '{"a":1}', parsed: { a: 1 } },
      { item: call("{"), name: "add", callId: "c", arguments: "{", problem: { reason: "not_json" } },
    ]);
  });

  test("are parsed by the tool of their namespace", async () => {
    const named = (n: number) => functionTool({ name: "add", parameters: z.object({ n: z.literal(n) }) });
    const namespace = (name: string, n: number) =>
      ({ type: "namespace", name, description: "", tools: [named(n)] }) as const;
    const tools = [namespace("one", 1), namespace("two", 2)];
    const { calls } = await readOutput([call('{"n":2}', { namespace: "two" }), call('{"n":2}', { namespace: "one" })], {
      tools,
    });
    expect(calls.map((read) => read.problem?.reason)).toEqual([undefined, "does_not_fit"]);
  });
});

test("the output in JSON mode is parsed from all its texts together", async () => {
  const parts = [{ type: "output_text", text: '{"a":' }, null, { type: "output_text" }, { type: "new", text: "?" }];
  const content = [...parts, { type: "output_text", text: "1}" }] as never;
  const anyJson = { text: { format: { type: "json_object" } } } as const;
  expect((await readOutput([message("", { content })], anyJson)).parsed).toEqual({ a: 1 });
});

test("a message without a list of parts is reported as having nothing to parse", async () => {
  expect(await readOutput([message("", { content: "text" as never })], request)).toMatchObject({
    calls: [],
    problem: { reason: "not_json" },
  });
});

test("a custom tool call that was cut off is reported as incomplete", async () => {
  const cut = { type: "custom_tool_call", name: "exec", call_id: "c", input: "ls -", status: "incomplete" } as const;
  expect((await readOutput([cut], request)).calls).toMatchObject([
    { arguments: "ls -", problem: { reason: "incomplete" } },
  ]);
});

describe("a schema", () => {
  const reading = async (validate: (value: unknown) => unknown, validateTimeoutMs?: number) => {
    const schema: StandardSchema = {
      "~standard": { version: 1, vendor: "own", validate: validate as (value: unknown) => SchemaResult<unknown> },
    };
    const format = jsonSchemaFormat({ name: "a", schema, jsonSchema: { type: "object" } });
    return readOutput([message("{}")], { text: { format } }, { validateTimeoutMs });
  };
  test("may be asynchronous", async () => {
    expect((await reading(async () => ({ value: new Date(0) }))).parsed).toEqual(new Date(0));
  });

  test.each<[string, (value: unknown) => unknown, string]>([
    [
      "throws",
      () => {
        throw new TypeError("boom");
      },
      "the schema itself threw TypeError: boom",
    ],
    [
      "throws something that has no text",
      () => {
        throw Object.create(null);
      },
      "the schema itself threw [Object: null prototype] {}",
    ],
    ["rejects", () => Promise.reject(new Error("later")), "the schema itself threw Error: later"],
    ["hangs", () => new Promise(() => {}), "the schema itself did not answer within 20 ms"],
    ["returns nothing", () => undefined, "the schema itself answered with neither a value nor issues"],
  ])("that %s is reported as a problem and does not fail the answer", async (_, validate, said) => {
    expect((await reading(validate, 20)).problem).toEqual({ reason: "does_not_fit", issues: [{ message: said }] });
  });
});
