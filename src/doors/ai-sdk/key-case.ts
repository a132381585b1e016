/** The AI SDK writes names in camelCase, the wire in snake_case. Keys are converted at every depth, except names chosen by users. */
const NAMED_BY_USERS: ReadonlySet<string> = new Set([
  ...["headers", "parameters", "schema", "metadata", "outputSchema", "output_schema", "attributes", "env"],
]);

export function snakeKeys(value: unknown): unknown {
  return turned(value, snakeWord);
}

export function camelKeys(value: unknown): unknown {
  return turned(value, camelWord);
}

export function snakeWord(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function camelWord(word: string): string {
  return word.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function turned(value: unknown, turn: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => turned(entry, turn));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]): [string, unknown] => [
    turn(key),
    NAMED_BY_USERS.has(key) || (key === "filters" && isOfFileSearch(entry)) ? entry : turned(entry, turn),
  ]);
  return Object.fromEntries(entries);
}

/** The filters of a file search contain the user's attribute names; those of a web search contain domains. */
function isOfFileSearch(filters: unknown): boolean {
  return typeof filters === "object" && filters !== null && "type" in filters;
}
