import { encodeItem } from "../../wire/item-encoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import { isSameJson } from "./json-value.ts";

/**
 * Fields that may differ between two turns: they control how a request is sent or labelled, not the conversation. They are sent with every
 * request, incremental ones too.
 */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  "input",
  "generate",
  "client_metadata",
  "metadata",
  "stream_options",
]);

/** The first field in which two requests differ, apart from those that may. */
export function changedField(left: JsonObject, right: JsonObject): string | undefined {
  for (const name of new Set([...Object.keys(right), ...Object.keys(left)])) {
    if (NOT_COMPARED.has(name) || isSameJson(left[name], right[name])) continue;
    if (name === "prompt_cache_options" && isSameJson(steady(left[name]), steady(right[name]))) continue;
    return name;
  }
  return undefined;
}

/** Leaves out the response that the cache is compared with, because it changes with every request. */
function steady(options: unknown): unknown {
  return isJsonObject(options) ? { ...options, comparison_response_id: undefined } : options;
}

/**
 * True if two items are the same to the service and to the Rust client. Either all fields are equal, or the items are equal as the Rust
 * client's types see them: same content and same id, whatever else the service or the caller added. An item reference matches the item it
 * names, and a call matches by `call_id` without its id (parity: `session/known-by-call-id`).
 *
 * @param right - The item of the later request.
 */
export function isSameItem(left: ResponseItem, right: ResponseItem): boolean {
  if (isSameJson(left, right)) return true;
  if (right.type === "item_reference") return idOf(right) !== "" && idOf(left) === idOf(right);
  return hasSameId(left, right) && isSameJson(encodeItem(left), encodeItem(right));
}

/** A call without its id is recognised by its `call_id`. */
function hasSameId(left: ResponseItem, right: ResponseItem): boolean {
  if (idOf(left) === idOf(right)) return true;
  return idOf(right) === "" && "call_id" in left && "call_id" in right && left.call_id === right.call_id;
}

function idOf(item: ResponseItem): unknown {
  return "id" in item ? (item.id ?? "") : "";
}
