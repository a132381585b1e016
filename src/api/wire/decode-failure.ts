/**
 * Why an answer could not be decoded, in the wording of the Rust client's decoder, so that both logs can be searched alike. The server's
 * text is not quoted, because it may repeat a credential.
 */
export function missingField(name: string): string {
  return `missing field \`${name}\``;
}

export function invalidType(value: unknown, expected: string): string {
  return `invalid type: ${describe(value)}, expected ${expected}`;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case "boolean":
      return `boolean \`${value}\``;
    default:
      return value === null || value === undefined ? "null" : Array.isArray(value) ? "sequence" : "map";
  }
}
