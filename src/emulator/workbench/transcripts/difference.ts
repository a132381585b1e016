import { isFields, jsonIn } from "../../fields.ts";

/** Fields in which clients send ids that they make anew each time. */
const MADE_ANEW: ReadonlySet<string> = new Set(["prompt_cache_key", "client_metadata", "stream_id"]);

/** What stands in a recording for what was removed from it. */
const REMOVED = /\[(?:removed|\d+ (?:characters|bytes) removed)\]/;

/**
 * Where a request says something else than a recorded one, such as `input[1].content`; undefined if it says the same. The order of
 * fields does not count, nor do ids that clients make anew, what was removed from the recording, and bodies that are not JSON.
 */
export function differenceOf(recorded: string, asked: string): string | undefined {
  const [one, other] = [jsonIn(recorded), jsonIn(asked)];
  if (one === undefined && other === undefined) return (recorded === "") === (asked === "") ? undefined : "the body";
  // A list of what is left to compare, since JSON may be nested more deeply than calls can be.
  const left: [path: string, one: unknown, other: unknown][] = [["", one, other]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [path, expected, given] = next;
    if (Object.is(expected, given) || (typeof expected === "string" && REMOVED.test(expected))) continue;
    const names = namesIn(expected, given);
    if (names === undefined) return path === "" ? "the body" : path;
    for (const name of names.reverse()) {
      if (path === "" && MADE_ANEW.has(name)) continue;
      left.push([below(path, name, expected), valueAt(expected, name), valueAt(given, name)]);
    }
  }
  return undefined;
}

/** The names or indexes in two objects or two lists; undefined if they are not of one kind, or neither. */
function namesIn(one: unknown, other: unknown): string[] | undefined {
  const areLists = Array.isArray(one) && Array.isArray(other);
  if (!areLists && !(isFields(one) && isFields(other))) return undefined;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

function valueAt(value: unknown, name: string): unknown {
  return Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function below(path: string, name: string, parent: unknown): string {
  if (Array.isArray(parent)) return `${path}[${name}]`;
  return path === "" ? name : `${path}.${name}`;
}
