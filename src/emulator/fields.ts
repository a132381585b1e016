/** A JSON object as it came or as it will go: the emulator reads what it needs and keeps the rest. */
export type Fields = Readonly<Record<string, unknown>>;

/** One event of a response stream; `type` is its wire name. */
export type WireEvent = Fields & { readonly type: string };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function stringIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

export function fieldsIn(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  return isFields(value) ? value : undefined;
}

/** The objects of a list; anything else in it is passed over. */
export function listIn(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}
