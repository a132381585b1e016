import type { ResponseItem } from "./items.ts";

/**
 * Takes an item as it came: the same object, with every field, known or not. Only its outer form is looked at, so that
 * an item never disappears because one field is new; a field of a known kind can therefore be missing where the service
 * breaks its own rules (`image_generation_call` has no `result` while it is in progress).
 * `compaction_summary` is returned as `compaction`.
 *
 * @returns `undefined` for what cannot be an item: no object, or one without a string as `type`.
 * @see The Rust client drops an item with an unknown phase, status or content kind, and forgets what an unknown kind held.
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
