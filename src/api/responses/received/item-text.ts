import type { ResponseItem } from "../../wire/items.ts";

/** The text of an item: its parts of one type, joined. Empty if it has none. */
export function itemText(item: ResponseItem, part: "output_text" | "refusal"): string {
  if (item.type !== "message" || !Array.isArray(item.content)) return "";
  const field = part === "output_text" ? "text" : "refusal";
  return textsOf(item.content, part, field).join("");
}

/** The summary of a reasoning item; its parts are separated by a blank line. */
export function itemSummary(item: ResponseItem): string {
  if (item.type !== "reasoning" || !Array.isArray(item.summary)) return "";
  return textsOf(item.summary, "summary_text", "text").join("\n\n");
}

function textsOf(parts: readonly unknown[], type: string, field: string): string[] {
  return parts.flatMap((part) => {
    if (typeof part !== "object" || part === null) return [];
    const fields = part as Readonly<Record<string, unknown>>;
    const text = fields[field];
    return fields.type === type && typeof text === "string" ? [text] : [];
  });
}
