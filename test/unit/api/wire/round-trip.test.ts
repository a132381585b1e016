import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";
import { encodeInput, encodeItem } from "../../../../src/api/wire/item-encoder.ts";
import { isJsonObject } from "../../../../src/api/wire/json.ts";
import { recordedResponses } from "../../../support/recordings.ts";

type Wire = { readonly type: string; readonly [field: string]: unknown };

/** An item without fields that only the service sets, null fields, and lists that an answer always has. */
function said(value: unknown, kind?: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => said(entry));
  if (!isJsonObject(value)) return value;
  const own = kind ?? value.type;
  const hasStatus = ![
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call_output",
  ].includes(String(own));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => field !== null && (hasStatus || name !== "status" || kind === undefined))
      .filter(
        ([name, field]) =>
          !(
            ["annotations", "logprobs", "sources", ...(own === "reasoning" ? ["content"] : [])].includes(name) &&
            Array.isArray(field) &&
            field.length === 0
          ),
      )
      .map(([name, field]) => [name, said(field)]),
  );
}

function roundTrip(item: Wire): unknown {
  return decodeItem(JSON.parse(JSON.stringify(encodeItem(decodeItem(item), { ids: "send" }))));
}

const text = fc.string();
const caller = fc.oneof(fc.constant({ type: "direct" }), fc.record({ type: fc.constant("program"), caller_id: text }));
const prompt_cache_breakpoint = fc.constant({ mode: "explicit", ttl: "12h" });
const part = fc.oneof(
  fc.record({ type: fc.constant("input_text"), text, prompt_cache_breakpoint }, { requiredKeys: ["type", "text"] }),
  fc.record(
    { type: fc.constant("input_image"), image_url: text, file_id: text, detail: text, prompt_cache_breakpoint },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constant("input_file"), file_id: text, filename: text, prompt_cache_breakpoint },
    { requiredKeys: ["type"] },
  ),
  fc.record(
    { type: fc.constant("output_text"), text, annotations: fc.array(fc.constant({ type: "url_citation" })) },
    { requiredKeys: ["type", "text"] },
  ),
  fc.record({ type: fc.constant("refusal"), refusal: text }),
);
const output = fc.oneof(text, fc.array(part));
const status = fc.constantFrom("completed", "incomplete");
const call = { call_id: text, name: text, namespace: text, async: fc.boolean(), caller };
const reasoning_text = fc.record({ type: fc.constant("reasoning_text"), text });
const fields: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  message: { role: text, content: fc.array(part), end_turn: fc.boolean(), phase: text, status },
  reasoning: {
    summary: fc.array(fc.record({ type: fc.constant("summary_text"), text })),
    content: fc.array(reasoning_text, { minLength: 1 }),
    encrypted_content: text,
    status,
  },
  local_shell_call: {
    call_id: text,
    status,
    action: fc.record({ type: fc.constant("exec"), command: fc.array(text), timeout_ms: fc.nat(), user: text }),
  },
  function_call: { ...call, arguments: text, status },
  function_call_output: { call_id: text, output, name: text, namespace: text, caller, status },
  custom_tool_call: { ...call, input: text, status },
  custom_tool_call_output: { call_id: text, output, name: text, caller, status },
  tool_search_call: { call_id: text, status, execution: text, arguments: fc.jsonValue() },
  tool_search_output: { call_id: text, status, execution: text, tools: fc.array(fc.constant({ type: "function" })) },
  web_search_call: {
    status,
    action: fc.record({
      type: fc.constantFrom("search", "open_page", "find_in_page", "screenshot"),
      url: text,
      query: text,
    }),
  },
  image_generation_call: { status, result: text, revised_prompt: text, size: text, background: text },
  compaction: { encrypted_content: text },
  additional_tools: { role: text, tools: fc.array(fc.constant({ type: "custom" })) },
  program: { call_id: text, code: text, fingerprint: text },
  shell_call: { call_id: text, action: fc.record({ commands: fc.array(text) }), status, caller },
  mcp_call: { server_label: text, name: text, arguments: text, output: text, status },
  brand_new: { x: fc.jsonValue(), status },
};

describe("decode, encode, decode", () => {
  test.each(Object.entries(fields))("gives the same %s, whatever fields are set", (type, known) => {
    const requiredKeys: ("type" | "id")[] = ["type", "id"];
    const item = fc.record({ type: fc.constant(type), id: fc.string({ minLength: 1 }), ...known }, { requiredKeys });
    fc.assert(
      fc.property(item, (value) => {
        const received = JSON.parse(JSON.stringify(value)) as Wire;
        expect(said(roundTrip(received), type)).toEqual(said(received, type));
      }),
      { numRuns: 150 },
    );
  });

  const recorded = recordedResponses().flatMap(({ name, lines }) =>
    lines
      .map((line) => JSON.parse(line) as { readonly type: string; readonly item: Wire })
      .filter((event) => event.type === "response.output_item.done")
      .map(({ item }, index): [string, Wire] => [`${name}, ${index}: ${item.type}`, item]),
  );
  test.skipIf(recorded.length === 0)("gives the same for every recorded item", () => {
    for (const [name, item] of recorded) expect(said(roundTrip(item), item.type), name).toEqual(said(item, item.type));
    expect(recorded.length).toBeGreaterThan(30);
  });
});

// parity: items/further-fields
test("fields that the reference does not know follow those that it knows", () => {
  const item = {
    async: true,
    caller: { type: "direct" },
    type: "function_call",
    created_by: "x",
    status: "completed",
    id: "fc",
    call_id: "c",
    arguments: "",
    name: "n",
  };
  expect(JSON.stringify(encodeItem(decodeItem(item)))).toBe(
    '{"type":"function_call","name":"n","arguments":"","call_id":"c","async":true,"caller":{"type":"direct"}}',
  );
  expect(Object.keys(encodeItem(decodeItem(item), { ids: "send" }))).toEqual([
    "type",
    "id",
    "name",
    "arguments",
    "call_id",
    "async",
    "caller",
  ]);
});

// parity: items/reasoning-shell
test("reasoning with nothing but an id is only sent if the service can find the rest by it", () => {
  const shell = { type: "reasoning", id: "rs_1", summary: [], status: "completed" } as const;
  expect(encodeInput([shell])).toEqual([]);
  expect(encodeInput([shell], { ids: "send" })).toEqual([]);
  expect(encodeInput([shell], { stored: true })).toEqual([]);
  for (const ids of ["send", "append"] as const) {
    expect(encodeInput([shell], { ids, stored: true })).toMatchObject([{ type: "reasoning", id: "rs_1" }]);
  }
  expect(encodeInput([{ ...shell, id: "" }], { ids: "send", stored: true })).toEqual([]);
  expect(encodeInput([{ ...shell, encrypted_content: "e" }])).toHaveLength(1);
});
