import { filled, type JsonObject } from "../../wire/json.ts";

/** An index in a list, counted from 0. */
export function indexOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/** The fields that are not undefined. */
export function told<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const known: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) known[name] = fields[name];
  return known as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

/** The item id and output index that an event gives, if it has them in the documented form. */
export function placeOf({ item_id, output_index }: JsonObject) {
  return told({ itemId: filled(item_id), outputIndex: indexOf(output_index) });
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
