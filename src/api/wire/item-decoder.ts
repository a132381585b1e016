import type { ResponseItem } from "./items.ts";

/**
 * Accepts an item as received: returns the same object, with all fields, known or not. Only its outer form is checked, so that an item is
 * never lost because of a new field. A field of a known kind can therefore be missing if the service breaks its own rules
 * (`image_generation_call` has no `result` while it is in progress).
 *
 * `compaction_summary` is returned as `compaction`.
 *
 * @returns `undefined` for a value that cannot be an item: not an object, or without a string `type`.
 * @see The Rust client drops an item with an unknown phase, status or content kind, and loses the fields of an unknown kind.
 */
export function decodeItem(value: { readonly type: string; readonly [field: string]: unknown }): ResponseItem;
export function decodeItem(value: unknown): ResponseItem | undefined;
export function decodeItem(value: unknown): ResponseItem | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const type = (value as { readonly type?: unknown }).type;
  if (typeof type !== "string") return undefined;
  if (type === "compaction_summary") return { ...value, type: "compaction" } as ResponseItem;
  return value as ResponseItem;
}
