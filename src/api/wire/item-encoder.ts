import { ITEM_FORMS, writeForm } from "./item-forms.ts";
import type { ResponseItem } from "./items.ts";
import type { JsonObject } from "./json.ts";

/** Kinds whose id a server that stores responses (Azure) needs. */
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
   * `drop`: items of kinds that the Rust client writes are sent without their id, as in March 2026. `send`: with it, after `type`.
   * `append`: Azure's form, at the end, for the kinds that a storing server knows. Default `drop`.
   */
  readonly ids?: "drop" | "send" | "append" | undefined;
  /** True if the service stores this conversation's responses, so that it finds an item by its id. Default false. */
  readonly stored?: boolean | undefined;
}

/**
 * The item in the form that a request sends. A known kind has the Rust client's fields, in its order, followed by the item's further fields
 * (`caller`, `async`, …), except those that only the service may set: `item-forms.ts` lists them.
 *
 * An unknown kind is sent unchanged, and so is an unknown content part or action inside a known item. A known item that lacks a required
 * field is sent unchanged, apart from its id: the service best explains what is wrong with it. The item itself is never modified; the
 * result may share parts with it.
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
  const begun = (): Record<string, unknown> => (ids === "send" && hasId ? { type, id: source.id } : { type });
  let written = begun();
  if (!writeForm(form, source, written)) written = { ...begun(), ...asItCame(source), type };
  if (ids === "append" && hasId && STORED_KINDS.has(type)) written.id = source.id;
  return written;
}

function asItCame(source: JsonObject): JsonObject {
  const { id, ...rest } = source;
  return source.type === "image_generation_call" ? source : rest;
}

/** The items of a request's input. `ghost_snapshot` is a local note and is left out, and so is reasoning with nothing left to send. */
export function encodeInput(items: readonly ResponseItem[], encoding: ItemEncoding = {}): JsonObject[] {
  const written: JsonObject[] = [];
  for (const item of items) {
    if (item.type === "ghost_snapshot") continue;
    const encoded = encodeItem(item, encoding);
    if (item.type !== "reasoning" || !isEmptyShell(encoded) || (encoding.stored && encoded.id !== undefined))
      written.push(encoded);
  }
  return written;
}

const REASONING_FIELDS: ReadonlySet<string> = new Set(["type", "id", "summary", "content", "encrypted_content"]);

/**
 * Reasoning without summary, text and encrypted content contains only its id. If the service stores responses and gets that id, it finds
 * the rest. Otherwise it refuses the id ("items are not persisted when `store` is set to false"), and also the item without an id. Leaving
 * it out loses nothing, because it tells the model nothing.
 */
function isEmptyShell(item: JsonObject): boolean {
  if (!isEmptyList(item.summary)) return false;
  if (item.encrypted_content || !(item.content === undefined || item.content === null || isEmptyList(item.content))) {
    return false;
  }
  return Object.keys(item).every((name) => REASONING_FIELDS.has(name));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
