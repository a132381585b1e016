import { describe, expect, expectTypeOf, test } from "vitest";
import type { HostedItem } from "../../../../src/api/wire/hosted-items.ts";
import { decodeItem } from "../../../../src/api/wire/item-decoder.ts";
import type {
  ContentItem,
  FunctionCallItem,
  MessageItem,
  OutputText,
  ResponseItem,
  Unlisted,
} from "../../../../src/api/wire/items.ts";

/** What users write: it must compile without a cast. */
function describeItem(item: ResponseItem): string {
  switch (item.type) {
    case "message":
      expectTypeOf(item).toEqualTypeOf<MessageItem>();
      return item.content.map(textOf).join("");
    case "function_call":
      expectTypeOf(item).toEqualTypeOf<FunctionCallItem>();
      return `${item.name}(${item.arguments})`;
    case "web_search_call":
      return item.action?.type === "search" ? (item.action.query ?? "") : "";
    case "reasoning":
    case "local_shell_call":
    case "function_call_output":
    case "custom_tool_call":
    case "custom_tool_call_output":
    case "tool_search_call":
    case "tool_search_output":
    case "image_generation_call":
    case "ghost_snapshot":
    case "compaction":
    case "compaction_trigger":
    case "context_compaction":
    case "agent_message":
    case "additional_tools":
    case "other":
      return item.type;
    default: {
      expectTypeOf(item).toEqualTypeOf<HostedItem | Unlisted>();
      const type: string = item.type;
      return `${type} with ${String("payload" in item && item.payload)}`;
    }
  }
}

function textOf(part: ContentItem): string {
  if (part.type !== "output_text") return "";
  expectTypeOf(part).toEqualTypeOf<OutputText>();
  return part.text;
}

describe("ResponseItem", () => {
  test.each<[ResponseItem, string]>([
    [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "hi" }], phase: "planning" }, "hi"],
    [{ type: "function_call", name: "ls", arguments: "{}", call_id: "c" }, "ls({})"],
    [{ type: "web_search_call", action: { type: "search", query: "tides" } }, "tides"],
    [{ type: "compaction_trigger" }, "compaction_trigger"],
    [decodeItem({ type: "brand_new", payload: 7 }), "brand_new with 7"],
  ])("narrows by its type, and leaves unknown types to the default case: %j", (item, expected) => {
    expect(describeItem(item)).toBe(expected);
  });

  test("rejects a wrong field of a known kind at compile time", () => {
    // @ts-expect-error a role is a string
    const wrongRole: ResponseItem = { type: "message", role: 5, content: [] };
    // @ts-expect-error an unlisted kind comes from decodeItem, so that a misspelt type is found
    const misspelt: ResponseItem = { type: "mesage", role: "user", content: [] };
    expect([wrongRole, misspelt]).toHaveLength(2);
  });

  test("filters to a kind without a type guard", () => {
    const items: ResponseItem[] = [{ type: "message", role: "user", content: [] }, decodeItem({ type: "brand_new" })];
    const roles = items.filter((item) => item.type === "message").map((message) => message.role);
    expect(roles).toEqual(["user"]);
  });
});
