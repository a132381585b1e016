import { createHash } from "node:crypto";

/** An item in wire names, as either side has it. */
export type Item = Readonly<Record<string, unknown>>;

/** Items without what a side adds or leaves out on its own: ids, states, annotations. */
function essence(item: Item): unknown {
  const { type = "message", role, content, name, arguments: given, call_id, output } = item;
  const text = Array.isArray(content)
    ? content.map((part: Item) => part.text ?? part.refusal ?? "").join("")
    : (content ?? "");
  return [type, role, text, name, given, call_id, output];
}

/** Stands for a conversation: two that differ in what was said have different ones. */
export function digestOf(history: readonly Item[]): string {
  return createHash("sha256")
    .update(JSON.stringify(history.map(essence)))
    .digest("hex")
    .slice(0, 24);
}

/** The user's last word, by which a request is known. */
export function lastWord(history: readonly Item[]): string | undefined {
  const last = history.findLast(({ role }) => role === "user");
  if (!last || !Array.isArray(last.content)) return undefined;
  return (last.content as Item[]).map(({ text }) => text).join("");
}
