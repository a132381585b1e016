import { describe, expect, test } from "vitest";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";
import { encodeItem } from "../../../../src/api/wire/item-encoder.ts";

type Wire = { readonly type: string; readonly [field: string]: unknown };

interface Fields {
  readonly required: Record<string, unknown>;
  /** Left out when null. */
  readonly optional?: Record<string, unknown>;
  /** Written as null when missing. */
  readonly nullable?: Record<string, unknown>;
}

const kinds: Record<string, Fields> = {
  message: { required: { role: "user", content: [] }, optional: { end_turn: true, phase: "x" } },
  reasoning: {
    required: { summary: [] },
    nullable: { content: [{ type: "reasoning_text", text: "" }], encrypted_content: "e" },
  },
  local_shell_call: { required: { status: "completed", action: { type: "x" } }, nullable: { call_id: "c" } },
  function_call: { required: { name: "n", arguments: "", call_id: "c" }, optional: { namespace: "n" } },
  tool_search_call: {
    required: { execution: "server", arguments: null },
    optional: { status: "completed" },
    nullable: { call_id: "c" },
  },
  function_call_output: { required: { call_id: "c", output: "" } },
  custom_tool_call: {
    required: { call_id: "c", name: "n", input: "" },
    optional: { status: "completed", namespace: "n" },
  },
  custom_tool_call_output: { required: { call_id: "c", output: [] }, optional: { name: "n" } },
  tool_search_output: { required: { status: "s", execution: "server", tools: [] }, nullable: { call_id: "c" } },
  web_search_call: { required: {}, optional: { status: "completed", action: { type: "x" } } },
  image_generation_call: { required: { id: "ig", status: "s", result: "" }, optional: { revised_prompt: "p" } },
  compaction: { required: { encrypted_content: "e" } },
};
const fieldsOf = (group: keyof Fields): [string, string][] =>
  Object.entries(kinds).flatMap(([kind, fields]) =>
    Object.keys(fields[group] ?? {}).map((field): [string, string] => [kind, field]),
  );

function complete(kind: string): Wire {
  return { type: kind, ...kinds[kind]?.required, ...kinds[kind]?.optional, ...kinds[kind]?.nullable, extra: 1 };
}

function without(item: Wire, field: string): Wire {
  return { ...item, type: item.type, [field]: undefined };
}

describe("each field of a known kind", () => {
  test.each(Object.keys(kinds))("%s is written with all of its fields and its unknown ones", (kind) => {
    expect(encodeItem(decodeItem(complete(kind)))).toEqual(complete(kind));
  });

  test.each(fieldsOf("required"))("%s without %s is sent as received", (kind, field) => {
    const item = without(complete(kind), field);
    expect(encodeItem(decodeItem(item))).toEqual(item);
  });

  test.each(fieldsOf("optional"))("%s leaves %s out when it is null", (kind, field) => {
    const { [field]: _left, ...known } = complete(kind);
    expect(encodeItem(decodeItem({ ...complete(kind), [field]: null }))).toStrictEqual(known);
  });

  test.each(fieldsOf("nullable"))("%s writes null for a missing %s", (kind, field) => {
    expect(encodeItem(decodeItem(without(complete(kind), field)))[field]).toBeNull();
  });

  const anyValue = new Set([
    "arguments of tool_search_call",
    "action of local_shell_call",
    "action of web_search_call",
  ]);
  const typed = [...fieldsOf("required"), ...fieldsOf("optional"), ...fieldsOf("nullable")];
  test.each(typed.filter(([kind, field]) => !anyValue.has(`${field} of ${kind}`)))(
    "%s whose %s has another type is sent as received",
    (kind, field) => {
      const item = { ...complete(kind), [field]: { not: "this" } };
      expect(encodeItem(decodeItem(item))).toEqual(item);
    },
  );
});

describe("a part with an undocumented form", () => {
  const exec = { type: "exec", command: ["ls"], timeout_ms: 0, working_directory: "/", env: {}, user: "u" };
  test.each<[string, object]>([
    ["no text", { type: "input_text", extra: 1 }],
    ["a command that is not a list", { ...exec, command: "ls", extra: 1 }],
    ["a command of numbers", { ...exec, command: [1], extra: 1 }],
    ["no command", { type: "exec", extra: 1 }],
    ["a negative time", { ...exec, timeout_ms: -1, extra: 1 }],
    ["half a millisecond", { ...exec, timeout_ms: 0.5, extra: 1 }],
    ["an environment that is a list", { ...exec, env: ["A=b"], extra: 1 }],
    ["an environment of numbers", { ...exec, env: { A: 1 }, extra: 1 }],
    ["queries that are not a list", { type: "search", queries: "q", extra: 1 }],
    ["a name that every object inherits", { type: "constructor", extra: 1 }],
  ])("is sent as received: %s", (_, part) => {
    const shell = { type: "local_shell_call", status: "s", action: part };
    const search = { type: "web_search_call", action: part };
    const message = { type: "message", role: "user", content: [part] };
    for (const item of [shell, search, message]) {
      expect(encodeItem(decodeItem(item))).toMatchObject({ ...item });
    }
  });

  test.each<[object, object]>([
    [
      { ...exec, extra: 1, none: null },
      { ...exec, extra: 1 },
    ],
    [{ type: "search", query: null, queries: null }, { type: "search" }],
    [{ type: "open_page", url: null }, { type: "open_page" }],
    [
      { type: "find_in_page", url: "u", pattern: null },
      { type: "find_in_page", url: "u" },
    ],
  ])("but the documented form is written without nulls: %j", (action, expected) => {
    const kind = "command" in action ? { type: "local_shell_call", status: "s" } : { type: "web_search_call" };
    expect(encodeItem(decodeItem({ ...kind, action })).action).toStrictEqual(expected);
  });
});
