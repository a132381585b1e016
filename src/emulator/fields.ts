/** A JSON object as received or as sent: the emulator reads the fields it needs and keeps the others. */
export type Fields = Readonly<Record<string, unknown>>;

/** One event of a response stream; `type` is its wire name. */
export type WireEvent = Fields & { readonly type: string };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON, given as text or as UTF-8; undefined if it is not JSON. */
export function jsonIn(content: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof content === "string" ? content : textOf(content));
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

export function stringIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

export function fieldsIn(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  return isFields(value) ? value : undefined;
}

/** The objects of a list; other entries are skipped. */
export function listIn(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter(isFields) : [];
}
