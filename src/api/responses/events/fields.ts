import { isJsonObject, type JsonObject } from "../../wire/json.ts";

/** A field of whatever this is; undefined where it is no object. */
export function fieldOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? value[name] : undefined;
}

/** A text that says something: services send an empty id where they have none. */
export function filled(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A place in a list, counted from 0 in all that is known. */
export function indexOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/** Without the fields that are undefined: an event leaves out what it does not know. */
export function told<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const known: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) known[name] = fields[name];
  return known as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

/** Where a piece belongs, as far as the event says it in the documented form. */
export function placeOf({ item_id, output_index }: JsonObject) {
  return told({ itemId: filled(item_id), outputIndex: indexOf(output_index) });
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
