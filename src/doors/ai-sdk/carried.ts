import type { JSONObject, SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../index.ts";

/** Name of this package's entry in `providerOptions` and `providerMetadata`. */
export const PROVIDER = "codexWire";

/**
 * The data that a part of an answer carries about its item, so that the next request contains the same item: its id, its encrypted content,
 * its phase, its annotations. The SDK stores it with the part. It does not contain the part's own text, name and input: if a program
 * changes those, the change is sent.
 */
export interface Carried {
  /** The item, without what the part itself contains. */
  readonly item: JsonObject;
  /** Where the part's text belongs in the item. */
  readonly field?: "content" | "summary" | undefined;
  /** The entry there, without its text. */
  readonly part?: JsonObject | undefined;
  /** Arguments as the model wrote them, if JSON.stringify would write them differently. */
  readonly arguments?: string | undefined;
}

/** The SDK validates it as JSON, where an undefined field is an error. */
export function metadata(fields: object): SharedV4ProviderMetadata {
  return { [PROVIDER]: given(fields) as JSONObject };
}

/** Stored with a part that is no longer valid, because the answer was started again after it. */
export const VOID: SharedV4ProviderMetadata = { [PROVIDER]: { isVoid: true } };

export function isVoid(options: SharedV4ProviderOptions | undefined): boolean {
  return options?.[PROVIDER]?.isVoid === true;
}

/** The data stored by {@link metadata}, if it came back complete. */
export function carriedBy(options: SharedV4ProviderOptions | undefined): Carried | undefined {
  const noted = options?.[PROVIDER];
  const { item } = noted ?? {};
  if (typeof item !== "object" || item === null || !("type" in item)) return undefined;
  return noted as unknown as Carried;
}

/** An item of a history in its final form; the decoder checked it when it arrived. */
export function asItem(item: JsonObject): ResponseItem {
  return item as unknown as ResponseItem;
}

/** `item` without some of its fields. */
export function without(item: object, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

/** The fields that are not undefined. */
export function given(fields: object): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
