import { BuildError } from "./failure/kinds.ts";

/** Options as callers give them, often from untyped code or unset variables. They are checked once, where they are passed in. */

/** The options that are not undefined: an undefined option counts as not given. */
export function withoutUndefined<Shape extends object>(
  shape: Shape,
): { [Key in keyof Shape]: Exclude<Shape[Key], undefined> } {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as never;
}

/**
 * A duration; `Infinity` means no limit.
 *
 * @param name - As the caller knows it.
 * @throws {@link BuildError} The value is invalid.
 */
export function milliseconds(name: string, value: number): number {
  return atLeast(name, value, 0, "a number of milliseconds, 0 or more");
}

/** A size in bytes, or a limit for one. @throws {@link BuildError} The value is invalid. */
export function byteCount(name: string, value: number): number {
  return atLeast(name, value, 1, "a number of bytes, 1 or more");
}

/** How often something may happen. @throws {@link BuildError} It is not a whole number. */
export function count(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw refused(name, value, "a whole number, 0 or more");
}

/** @throws {@link BuildError} The value is not a text. */
export function text(name: string, value: string): string {
  if (typeof value === "string") return value;
  throw refused(name, value, "a text");
}

/** A text that must not be empty, such as an id. @param advice - What to give. @throws {@link BuildError} It is missing. */
export function present(name: string, value: unknown, advice: string): asserts value is string {
  if (typeof value !== "string" || value === "") throw new BuildError(`${name} is missing: ${advice}`);
}

/** @throws {@link BuildError} The value is not a function. */
export function callable<Callable>(name: string, value: Callable): Callable {
  if (typeof value === "function") return value;
  throw refused(name, value, "a function");
}

/** One of an option's values. @throws {@link BuildError} It is another value. */
export function oneOf<Choice extends string>(name: string, value: Choice, choices: readonly Choice[]): Choice {
  if (choices.includes(value)) return value;
  throw refused(name, value, `one of ${choices.join(", ")}`);
}

/** A whole object given by a caller. @throws {@link BuildError} It is not an object, or a list. */
export function object<Shape extends object>(name: string, value: Shape, what: string): Shape {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw refused(name, value, what);
}

/** @throws {@link BuildError} The value is not a list. */
export function list<Entry>(name: string, value: readonly Entry[], what: string): readonly Entry[] {
  if (Array.isArray(value)) return value;
  throw refused(name, value, what);
}

function atLeast(name: string, value: number, least: number, what: string): number {
  if (typeof value === "number" && value >= least) return value;
  throw refused(name, value, what);
}

function refused(name: string, value: unknown, what: string): BuildError {
  return new BuildError(`${name} must be ${what}, and is ${shown(value)}`);
}

const MOST_SHOWN = 20;

/** Enough to find the mistake: a long value may be anything, even a misplaced key. */
function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= MOST_SHOWN) return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

/** Checks an options object that a caller gave. @throws {@link BuildError} A name in it is unknown. */
export type KnownOptions = (given: object) => void;

/**
 * Creates a check that an options object has no unknown name, because a misspelt option would silently have no effect.
 *
 * @param what - The object, as callers know it.
 * @param names - All names; the compiler checks that none is missing.
 * @param advice - What to do instead, for names that callers may expect here and that belong elsewhere.
 * @returns The check. It throws a {@link BuildError} that gives the advice or suggests the nearest name; undefined values do not count.
 */
export function knownOptions<Options extends object>(
  what: string,
  names: Readonly<Record<keyof Options, true>>,
  advice: ReadonlyMap<string, string> = new Map(),
): KnownOptions {
  const known = new Set(Object.keys(names));
  return (given) => {
    object(what, given, "an object");
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined && !known.has(name)) {
        const unknown = `unknown option ${JSON.stringify(name)} in ${what}`;
        throw new BuildError(`${unknown}; ${advice.get(name) ?? adviceOnNames(name, [...known])}`);
      }
    }
  };
}

function adviceOnNames(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `there are ${known.join(", ")}` : `did you mean ${nearest}?`;
}

/**
 * The known name that a misspelt one probably stands for: the one with the smallest edit distance, ignoring case.
 *
 * @returns Undefined if none is close enough.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length * 0.4));
  for (const each of known) {
    const distance = editDistance(name.toLowerCase(), each.toLowerCase());
    if (distance > least || (distance === least && nearest !== undefined)) continue;
    [nearest, least] = [each, distance];
  }
  return nearest;
}

/** Number of insertions, removals and replacements that turn one text into the other (Levenshtein distance). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, character] of [...one].entries()) {
    const next = [at + 1];
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (row[column] ?? 0) + (character === other[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
