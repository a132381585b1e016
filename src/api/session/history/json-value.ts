import { BuildError } from "../../../client/failure/kinds.ts";

/** Deeper than any JSON that the platform can write, so a value refused here could not have been sent. It also ends cyclic values. */
const MAX_DEPTH = 100_000;

/**
 * True if two JSON values are equal. The order of keys does not count, and a key with the value `undefined` counts as absent, as in JSON.
 *
 * Identical strings are compared by reference, so a long history costs the number of its fields, not of its characters. Any depth works:
 * pending values wait in a list, not on the stack.
 */
export function isSameJson(left: unknown, right: unknown): boolean {
  const waiting: unknown[] = [left, right];
  while (waiting.length > 0) {
    const second = waiting.pop();
    const first = waiting.pop();
    if (first === second) continue;
    if (!isContainer(first) || !isContainer(second)) return false;
    const matched =
      Array.isArray(first) || Array.isArray(second)
        ? pairEntries(first, second, waiting)
        : pairFields(first, second, waiting);
    if (!matched) return false;
  }
  return true;
}

function pairEntries(left: unknown, right: unknown, waiting: unknown[]): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  left.forEach((entry, index) => {
    if (entry !== right[index]) waiting.push(entry, right[index]);
  });
  return true;
}

function pairFields(left: JsonFields, right: JsonFields, waiting: unknown[]): boolean {
  let unmatched = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    if (right[key] === undefined) return false;
    if (left[key] !== right[key]) waiting.push(left[key], right[key]);
    unmatched += 1;
  }
  for (const key in right) if (right[key] !== undefined) unmatched -= 1;
  return unmatched === 0;
}

/**
 * A copy that later changes of the original do not affect; dates and similar objects become what JSON makes of them. Strings are shared.
 * Works for any depth that can be sent.
 *
 * @throws {@link BuildError} The value contains itself, or is nested deeper than JSON can be written.
 */
export function copyOfJson<Value>(value: Value): Value;
export function copyOfJson(value: unknown): unknown {
  const waiting: Level[] = [];
  const copy = emptyCopy(value, 0, waiting);
  for (let level = waiting.pop(); level; level = waiting.pop()) {
    const { from, to, depth } = level;
    for (const key of Object.keys(from)) setField(to, key, emptyCopy(from[key], depth + 1, waiting));
  }
  return copy;
}

type JsonFields = Record<string, unknown>;

/** An object or array whose copy is still empty. */
interface Level {
  readonly from: JsonFields;
  readonly to: JsonFields;
  readonly depth: number;
}

function emptyCopy(value: unknown, depth: number, waiting: Level[]): unknown {
  if (!isContainer(value)) return value;
  if (!Array.isArray(value) && typeof value.toJSON === "function") return value.toJSON();
  if (depth > MAX_DEPTH) {
    throw new BuildError("the request body cannot be written as JSON: it is nested too deep, or contains itself");
  }
  const to: unknown = Array.isArray(value) ? new Array(value.length) : {};
  if (isContainer(to)) waiting.push({ from: value, to, depth });
  return to;
}

/** Plain assignment would treat a field called `__proto__` as the prototype. */
function setField(to: JsonFields, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(to, key, { value, enumerable: true, writable: true, configurable: true });
  } else to[key] = value;
}

function isContainer(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null;
}
