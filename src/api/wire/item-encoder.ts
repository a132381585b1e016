import { ITEM_FORMS, writeForm } from "./item-forms.ts";
import type { ResponseItem } from "./items.ts";
import type { JsonObject } from "./json.ts";

/** Kinds whose id a server that stores responses (Azure) wants to see again. */
const STORED_KINDS: ReadonlySet<string> = new Set([
  "reasoning",
  "message",
  "web_search_call",
  "function_call",
  "tool_search_call",
  "local_shell_call",
  "custom_tool_call",
]);

export interface ItemEncoding {
  /**
   * `drop`: an item of a kind that the Rust client writes goes out without its id, as in March 2026. `send`: with it, after `type`. `append`:
   * Azure's form, at the end, for the kinds that a storing server knows. Default `drop`.
   */
  readonly ids?: "drop" | "send" | "append" | undefined;
  /** Does the service keep this conversation's responses, so that it finds an item by its id? Default false. */
  readonly stored?: boolean | undefined;
}

/**
 * The item as it goes into a request. A known kind has the Rust client's fields, in its order; what else the item says follows as it stands
 * there (`caller`, `async`, …), except for what the service alone writes: that list is in `item-forms.ts`.
 * A kind that is not known goes out as it came, and so does an unknown content part or action inside a known item.
 * A known item that lacks a required field goes out as it came, its id apart: the service says best what is wrong with it.
 * The item itself is never changed; parts of it may be shared with the result.
 *
 * Differs from the Rust client: further fields, `detail` of a message's image and unknown kinds are kept.
 */
export function encodeItem(item: ResponseItem, encoding: ItemEncoding = {}): JsonObject {
  const source = item as JsonObject;
  const received: string = item.type;
  const form = ITEM_FORMS.get(received);
  if (!form) return source;
  const type = received === "compaction_summary" ? "compaction" : received;
  const { ids = "drop" } = encoding;
  const hasId = typeof source.id === "string" && source.id !== "";
  const start = ids === "send" && hasId ? { type, id: source.id } : { type };
  let written: Record<string, unknown> = { ...start };
  if (!writeForm(form, source, written)) written = { ...start, ...asItCame(source), type };
  if (ids === "append" && hasId && STORED_KINDS.has(type)) written.id = source.id;
  return written;
}

function asItCame(source: JsonObject): JsonObject {
  const { id, ...rest } = source;
  return source.type === "image_generation_call" ? source : rest;
}

/** The items of a request's input. `ghost_snapshot` is a local note and stays behind, and so does reasoning of which nothing is left to send. */
export function encodeInput(items: readonly ResponseItem[], encoding: ItemEncoding = {}): JsonObject[] {
  const written: JsonObject[] = [];
  for (const item of items) {
    if (item.type === "ghost_snapshot") continue;
    const encoded = encodeItem(item, encoding);
    if (!isEmptyShell(encoded) || (encoding.stored && encoded.id !== undefined)) written.push(encoded);
  }
  return written;
}

const REASONING_FIELDS: ReadonlySet<string> = new Set(["type", "id", "summary", "content", "encrypted_content"]);

/**
 * Reasoning without summary, text and encrypted content: all that it holds is its id. Where the service keeps responses and is sent that id, it
 * finds the rest. Elsewhere it refuses the id ("items are not persisted when `store` is set to false"), and the shell without its id as an
 * item that lacks one; leaving it out costs nothing, since it tells the model nothing.
 */
function isEmptyShell(item: JsonObject): boolean {
  if (item.type !== "reasoning" || !isEmptyList(item.summary)) return false;
  if (item.encrypted_content || !(item.content === undefined || item.content === null || isEmptyList(item.content))) {
    return false;
  }
  return Object.keys(item).every((name) => REASONING_FIELDS.has(name));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
