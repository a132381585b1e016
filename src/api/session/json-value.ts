/**
 * Are two JSON values the same? The order of keys does not count, and a key that holds `undefined` counts as absent, as in JSON.
 * Equal strings that are one string cost nothing, so a long history compares in the number of its fields, not of its characters.
 */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (!isContainer(left) || !isContainer(right)) return false;
  if (Array.isArray(left) || Array.isArray(right)) return isSameList(left, right);
  let unmatched = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    if (!isSameJson(left[key], right[key])) return false;
    unmatched += 1;
  }
  for (const key in right) if (right[key] !== undefined) unmatched -= 1;
  return unmatched === 0;
}

/** A copy that later changes of the original do not reach, dates and the like as JSON has them. Strings are shared. */
export function copyOfJson<Value>(value: Value): Value;
export function copyOfJson(value: unknown): unknown {
  if (!isContainer(value)) return value;
  if (Array.isArray(value)) return value.map((entry: unknown) => copyOfJson(entry));
  if (typeof value.toJSON === "function") return value.toJSON();
  // Not by assignment, which takes a field `__proto__` for something else.
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copyOfJson(entry)]));
}

function isSameList(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((entry, index) => isSameJson(entry, right[index]));
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
