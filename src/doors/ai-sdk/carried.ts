import type { JSONObject, SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../index.ts";

/** Name of this package's entry in `providerOptions` and `providerMetadata`. */
export const PROVIDER = "codexWire";

/**
 * What a part of an answer notes of the item it was made of, so that the same item goes back in the next request: its id, its encrypted content, its
 * phase, its annotations. The SDK keeps it with the part. The part's own text, name and input are not in it: if a program changes them, the change counts.
 */
export interface Carried {
  /** The item without what the part itself holds. */
  readonly item: JsonObject;
  /** Where the part's text stands in the item. */
  readonly field?: "content" | "summary" | undefined;
  /** The entry there, without its text. */
  readonly part?: JsonObject | undefined;
  /** Arguments as the model wrote them, where JSON would write them in another way. */
  readonly arguments?: string | undefined;
}

export function metadata(fields: object): SharedV4ProviderMetadata {
  return { [PROVIDER]: withoutUndefined(fields) };
}

/** What {@link metadata} noted, when it came back whole. */
export function carriedBy(options: SharedV4ProviderOptions | undefined): Carried | undefined {
  const noted = options?.[PROVIDER];
  const { item } = noted ?? {};
  if (typeof item !== "object" || item === null || !("type" in item)) return undefined;
  return noted as unknown as Carried;
}

/** An item of a history as it will be written; the decoder has checked such an item once, when it came. */
export function asItem(item: JsonObject): ResponseItem {
  return item as unknown as ResponseItem;
}

/** `item` without some of its fields. */
export function without(item: object, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

// The SDK validates what it is given as JSON, where an undefined field is a fault.
function withoutUndefined(fields: object): JSONObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JSONObject;
}
