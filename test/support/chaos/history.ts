import { createHash } from "node:crypto";

/** An item in wire names, as one side has it. */
export type Item = Readonly<Record<string, unknown>>;

/** Items without ids, states and annotations, in which the two sides may differ. */
function essence(item: Item): unknown {
  const { type = "message", role, content, name, arguments: given, call_id, output } = item;
  const text = Array.isArray(content)
    ? content.map((part: Item) => part.text ?? part.refusal ?? "").join("")
    : (content ?? "");
  return [type, role, text, name, given, call_id, output];
}

/** Digest of a conversation: different contents have different digests. */
export function digestOf(history: readonly Item[]): string {
  return createHash("sha256")
    .update(JSON.stringify(history.map(essence)))
    .digest("hex")
    .slice(0, 24);
}

/** The last user message, by which a request is recognised. */
export function lastWord(history: readonly Item[]): string | undefined {
  const last = history.findLast(({ role }) => role === "user");
  if (!last || !Array.isArray(last.content)) return undefined;
  return (last.content as Item[]).map(({ text }) => text).join("");
}
