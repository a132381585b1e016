import type { ResponseItem } from "../../wire/items.ts";
import { textsIn } from "./item-parts.ts";

/** The text of an item: its parts of one type, joined. Empty if it has none. */
export function itemText(item: ResponseItem, part: "output_text" | "refusal"): string {
  return textsIn(item, part === "refusal" ? "refusal.delta" : "output_text.delta").join("");
}

/** The summary of a reasoning item; its parts are separated by a blank line. */
export function itemSummary(item: ResponseItem): string {
  return textsIn(item, "reasoning_summary_text.delta")
    .filter((text) => text !== undefined)
    .join("\n\n");
}
