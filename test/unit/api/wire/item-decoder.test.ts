import { describe, expect, test } from "vitest";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";

describe("decodeItem", () => {
  test.each<[string, { type: string; [field: string]: unknown }]>([
    ["a known item", { type: "message", id: "m", role: "assistant", content: [], status: "completed" }],
    ["an unknown kind", { type: "brand_new", a: 1 }],
    ["an unknown phase", { type: "message", role: "assistant", content: [], phase: "x" }],
    ["an unknown content kind", { type: "message", role: "assistant", content: [{ type: "refusal", refusal: "no" }] }],
    ["an unknown status", { type: "local_shell_call", status: "paused", action: { type: "exec", command: [] } }],
    ["a known kind that lacks a field", { type: "image_generation_call", id: "ig", status: "in_progress" }],
    ["a tool output of an undocumented form", { type: "function_call_output", call_id: "c", output: {} }],
  ])("returns %s as the same object, whole", (_, item) => {
    expect(decodeItem(item)).toBe(item);
  });

  test("returns compaction_summary as compaction, without touching the original", () => {
    const summary = { type: "compaction_summary", id: "c", encrypted_content: "e" };
    expect(decodeItem(summary)).toEqual({ type: "compaction", id: "c", encrypted_content: "e" });
    expect(summary.type).toBe("compaction_summary");
  });

  test.each([undefined, null, "message", 7, true, [], [{ type: "message" }], {}, { type: 7 }, { type: null }])(
    "finds no item in %j",
    (value) => {
      expect(decodeItem(value as unknown)).toBeUndefined();
    },
  );
});
