import { describe, expect, test } from "vitest";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";
import { encodeInput, encodeItem } from "../../../../src/api/wire/item-encoder.ts";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";

type Wire = { readonly type: string; readonly [field: string]: unknown };

/** As text: the order of keys is part of the form. */
function encoded(item: Wire): string {
  return JSON.stringify(encodeItem(decodeItem(item)));
}

function withId(item: Wire, id: string): ResponseItem {
  return decodeItem({ ...item, id });
}

const image = "data:image/png;base64,AA==";

describe("encodeItem", () => {
  test.each<[string, Wire, string]>([
    [
      "message: role, content, end_turn, phase; no id, no status",
      {
        phase: "final_answer",
        status: "completed",
        end_turn: true,
        content: [],
        role: "assistant",
        id: "m",
        type: "message",
      },
      '{"type":"message","role":"assistant","content":[],"end_turn":true,"phase":"final_answer"}',
    ],
    [
      "message without its optional fields",
      { type: "message", id: "m", role: "assistant", content: [], status: "completed" },
      '{"type":"message","role":"assistant","content":[]}',
    ],
    [
      "message whose optional fields are null",
      { type: "message", id: null, role: "user", content: [], end_turn: null, phase: null },
      '{"type":"message","role":"user","content":[]}',
    ],
    [
      "content: input_text, output_text without annotations, input_image",
      {
        type: "message",
        role: "user",
        content: [
          { text: "a", type: "input_text" },
          { type: "output_text", annotations: [], logprobs: [], text: "b" },
          { type: "input_image", image_url: image, file_id: null },
        ],
      },
      `{"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"output_text","text":"b"},{"type":"input_image","image_url":"${image}"}]}`,
    ],
    [
      "reasoning without content and encrypted content: both null",
      { type: "reasoning", id: "rs_1", summary: [] },
      '{"type":"reasoning","summary":[],"content":null,"encrypted_content":null}',
    ],
    [
      "reasoning whose content is null",
      {
        type: "reasoning",
        summary: [{ type: "summary_text", text: "s", extra: 1 }],
        content: null,
        encrypted_content: "e",
      },
      '{"type":"reasoning","summary":[{"type":"summary_text","text":"s","extra":1}],"content":null,"encrypted_content":"e"}',
    ],
    [
      "reasoning with reasoning_text: the whole content, text parts included",
      {
        type: "reasoning",
        summary: [],
        encrypted_content: null,
        content: [
          { type: "text", text: "t" },
          { type: "reasoning_text", text: "r", x: 1 },
        ],
      },
      '{"type":"reasoning","summary":[],"content":[{"type":"text","text":"t"},{"type":"reasoning_text","text":"r","x":1}],"encrypted_content":null}',
    ],
    [
      "reasoning with an empty content: left out",
      { type: "reasoning", summary: [], content: [] },
      '{"type":"reasoning","summary":[],"encrypted_content":null}',
    ],
    [
      "reasoning with text parts alone: content left out",
      { type: "reasoning", summary: [], content: [{ type: "text", text: "t" }], encrypted_content: "e" },
      '{"type":"reasoning","summary":[],"encrypted_content":"e"}',
    ],
    [
      "local_shell_call: null for everything missing",
      { type: "local_shell_call", id: "x", status: "completed", action: { type: "exec", command: ["ls"] } },
      '{"type":"local_shell_call","call_id":null,"status":"completed","action":{"type":"exec","command":["ls"],"timeout_ms":null,"working_directory":null,"env":null,"user":null}}',
    ],
    [
      "local_shell_call in full",
      {
        type: "local_shell_call",
        call_id: "c",
        status: "in_progress",
        action: { user: "u", env: { A: "b" }, working_directory: "/w", timeout_ms: 5, command: ["ls"], type: "exec" },
      },
      '{"type":"local_shell_call","call_id":"c","status":"in_progress","action":{"type":"exec","command":["ls"],"timeout_ms":5,"working_directory":"/w","env":{"A":"b"},"user":"u"}}',
    ],
    [
      "function_call",
      {
        type: "function_call",
        id: "fc",
        status: "completed",
        arguments: "{}",
        call_id: "c",
        name: "f",
        namespace: "n",
      },
      '{"type":"function_call","name":"f","namespace":"n","arguments":"{}","call_id":"c"}',
    ],
    [
      "function_call without a namespace",
      { type: "function_call", name: "f", arguments: "", call_id: "c" },
      '{"type":"function_call","name":"f","arguments":"","call_id":"c"}',
    ],
    [
      "tool_search_call: call_id null, status kept, arguments any JSON",
      { type: "tool_search_call", id: "t", status: "completed", arguments: { paths: ["a"] }, execution: "server" },
      '{"type":"tool_search_call","call_id":null,"status":"completed","execution":"server","arguments":{"paths":["a"]}}',
    ],
    [
      "tool_search_call whose arguments are null",
      { type: "tool_search_call", call_id: "c", execution: "client", arguments: null },
      '{"type":"tool_search_call","call_id":"c","execution":"client","arguments":null}',
    ],
    [
      "function_call_output with text",
      { type: "function_call_output", id: "fco", output: "done", call_id: "c", status: "completed" },
      '{"type":"function_call_output","call_id":"c","output":"done"}',
    ],
    [
      "function_call_output with parts, an image's detail kept",
      {
        type: "function_call_output",
        call_id: "c",
        output: [
          { type: "input_text", text: "a", x: 1 },
          { type: "input_image", image_url: image, detail: "original" },
        ],
      },
      `{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a","x":1},{"type":"input_image","image_url":"${image}","detail":"original"}]}`,
    ],
    [
      "function_call_output with no parts",
      { type: "function_call_output", call_id: "c", output: [] },
      '{"type":"function_call_output","call_id":"c","output":[]}',
    ],
    [
      "custom_tool_call; its namespace is later than the reference",
      { type: "custom_tool_call", id: "ct", input: "i", namespace: "ns", name: "n", call_id: "c", status: "completed" },
      '{"type":"custom_tool_call","status":"completed","call_id":"c","name":"n","namespace":"ns","input":"i"}',
    ],
    [
      "custom_tool_call_output",
      { type: "custom_tool_call_output", call_id: "c", output: "o", name: "n", id: "x" },
      '{"type":"custom_tool_call_output","call_id":"c","name":"n","output":"o"}',
    ],
    [
      "tool_search_output",
      { type: "tool_search_output", id: "t", status: "completed", execution: "server", tools: [{ any: 1 }] },
      '{"type":"tool_search_output","call_id":null,"status":"completed","execution":"server","tools":[{"any":1}]}',
    ],
    [
      "web_search_call with a search, its empty sources left out",
      {
        type: "web_search_call",
        id: "w",
        action: { queries: ["q"], sources: [], query: "q", type: "search" },
        status: "completed",
      },
      '{"type":"web_search_call","status":"completed","action":{"type":"search","query":"q","queries":["q"]}}',
    ],
    [
      "web_search_call with open_page",
      { type: "web_search_call", action: { type: "open_page", url: "u", x: 1 } },
      '{"type":"web_search_call","action":{"type":"open_page","url":"u","x":1}}',
    ],
    [
      "web_search_call with find_in_page",
      { type: "web_search_call", action: { pattern: "p", url: null, type: "find_in_page" } },
      '{"type":"web_search_call","action":{"type":"find_in_page","pattern":"p"}}',
    ],
    ["web_search_call without anything", { type: "web_search_call", id: "w" }, '{"type":"web_search_call"}'],
    [
      "image_generation_call: the one kind that keeps its id",
      {
        type: "image_generation_call",
        result: "AA==",
        quality: "low",
        id: "ig",
        status: "completed",
        revised_prompt: "p",
      },
      '{"type":"image_generation_call","id":"ig","status":"completed","revised_prompt":"p","result":"AA==","quality":"low"}',
    ],
    [
      "compaction",
      { type: "compaction", id: "c", encrypted_content: "e" },
      '{"type":"compaction","encrypted_content":"e"}',
    ],
    [
      "compaction_summary, as compaction",
      { type: "compaction_summary", encrypted_content: "e" },
      '{"type":"compaction","encrypted_content":"e"}',
    ],
    ["other, as received", { type: "other", a: 1 }, '{"type":"other","a":1}'],
  ])("writes %s", (_, item, expected) => {
    expect(encoded(item)).toBe(expected);
  });

  test("accepts compaction_summary from a history that was never decoded", () => {
    const item = { type: "compaction_summary", encrypted_content: "e" } as never;
    expect(JSON.stringify(encodeItem(item))).toBe('{"type":"compaction","encrypted_content":"e"}');
  });

  test.each<[string, Wire, string]>([
    ["an unknown kind, whole", { type: "brand_new", id: "b", a: 1 }, '{"type":"brand_new","id":"b","a":1}'],
    ["compaction_trigger", { type: "compaction_trigger" }, '{"type":"compaction_trigger"}'],
    [
      "agent_message",
      { type: "agent_message", author: "a", recipient: "b", content: [] },
      '{"type":"agent_message","author":"a","recipient":"b","content":[]}',
    ],
    [
      "an unknown action in a known item",
      { type: "web_search_call", id: "ws", status: "completed", action: { type: "screenshot", page: 2 } },
      '{"type":"web_search_call","status":"completed","action":{"type":"screenshot","page":2}}',
    ],
    [
      "an unknown shell action in a known item",
      { type: "local_shell_call", id: "x", status: "completed", action: { type: "attach", pid: 1 } },
      '{"type":"local_shell_call","call_id":null,"status":"completed","action":{"type":"attach","pid":1}}',
    ],
    [
      "an unknown content part in a known item",
      {
        type: "message",
        id: "m",
        status: "completed",
        role: "assistant",
        content: [{ type: "refusal", refusal: "no", x: 1 }],
      },
      '{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no","x":1}]}',
    ],
    [
      "a content part with an undocumented form",
      { type: "message", role: "user", content: [{ type: "input_image", file_id: "f" }, "text", null] },
      '{"type":"message","role":"user","content":[{"type":"input_image","file_id":"f"},"text",null]}',
    ],
    [
      "an unknown part of reasoning",
      { type: "reasoning", summary: [{ type: "summary_image", x: 1 }], content: [{ type: "sketch", x: 1 }] },
      '{"type":"reasoning","summary":[{"type":"summary_image","x":1}],"content":[{"type":"sketch","x":1}],"encrypted_content":null}',
    ],
    // parity: items/image-detail
    [
      "an unknown phase and an unknown detail",
      {
        type: "message",
        role: "user",
        phase: "x",
        content: [{ type: "input_image", image_url: image, detail: "max" }],
      },
      `{"type":"message","role":"user","content":[{"type":"input_image","image_url":"${image}","detail":"max"}],"phase":"x"}`,
    ],
    [
      "an unknown status",
      { type: "local_shell_call", status: "paused", action: { type: "attach" } },
      '{"type":"local_shell_call","call_id":null,"status":"paused","action":{"type":"attach"}}',
    ],
  ])("keeps what the reference would lose: %s", (_, item, expected) => {
    expect(encoded(item)).toBe(expected);
  });

  test.each<[string, Wire, string]>([
    [
      "a required field is missing",
      { type: "message", id: "m", content: [], x: 1 },
      '{"type":"message","content":[],"x":1}',
    ],
    [
      "a required field has another type",
      { type: "function_call", id: "f", name: "n", arguments: {}, call_id: "c" },
      '{"type":"function_call","name":"n","arguments":{},"call_id":"c"}',
    ],
    [
      "an optional field has another type",
      { type: "message", role: "user", content: [], end_turn: "no" },
      '{"type":"message","role":"user","content":[],"end_turn":"no"}',
    ],
    [
      "a tool output has another form",
      { type: "function_call_output", call_id: "c", output: { content: "x" } },
      '{"type":"function_call_output","call_id":"c","output":{"content":"x"}}',
    ],
    [
      "an image is not finished",
      { type: "image_generation_call", id: "ig", status: "in_progress" },
      '{"type":"image_generation_call","id":"ig","status":"in_progress"}',
    ],
  ])("sends a known item as received, apart from the id that is never sent, if %s", (_, item, expected) => {
    expect(encoded(item)).toBe(expected);
  });

  const stored: Wire[] = [
    { type: "reasoning", summary: [] },
    { type: "message", role: "assistant", content: [] },
    { type: "web_search_call" },
    { type: "function_call", name: "n", arguments: "", call_id: "c" },
    { type: "tool_search_call", execution: "server", arguments: null },
    { type: "local_shell_call", status: "completed", action: { type: "exec", command: [] } },
    { type: "custom_tool_call", call_id: "c", name: "n", input: "" },
  ];
  test.each(stored)("appends the id as the last key for a server that stores: $type", (item) => {
    const written = encodeItem(withId(item, "id_1"), { ids: "append" });
    expect(Object.keys(written).at(-1)).toBe("id");
    expect(written.id).toBe("id_1");
    expect(encodeItem(withId(item, ""), { ids: "append" })).not.toHaveProperty("id");
    expect(encodeItem(withId(item, "id_1"))).not.toHaveProperty("id");
  });

  test.each<Wire>([
    { type: "function_call_output", id: "fco", call_id: "c", output: "" },
    { type: "custom_tool_call_output", id: "cto", call_id: "c", output: "" },
    { type: "tool_search_output", id: "t", status: "s", execution: "e", tools: [] },
    { type: "compaction", id: "c", encrypted_content: "e" },
  ])("appends no id if the server knows none: $type", (item) => {
    expect(encodeItem(decodeItem(item), { ids: "append" })).not.toHaveProperty("id");
  });

  test("never changes the item", () => {
    const item = { type: "reasoning", id: "r", summary: [{ type: "summary_text", text: "s", x: 1 }], content: null };
    const before = structuredClone(item);
    encodeItem(decodeItem(item), { ids: "append" });
    expect(item).toEqual(before);
  });
});

describe("encodeInput", () => {
  test("leaves out ghost_snapshot and keeps the order of the rest", () => {
    const ghost = { id: "g", preexisting_untracked_files: [], preexisting_untracked_dirs: [] };
    const input = encodeInput([
      { type: "message", role: "user", content: [] },
      { type: "ghost_snapshot", ghost_commit: ghost },
      { type: "compaction", encrypted_content: "e" },
    ]);
    expect(input.map((item) => item.type)).toEqual(["message", "compaction"]);
  });
});
