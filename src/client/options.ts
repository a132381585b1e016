import { BuildError } from "./failure/kinds.ts";

/** Options as callers give them, often from untyped code or from a variable that is not set: checked once, where they come in. */

/** Without what is undefined: an option that is undefined counts as not given. */
export function withoutUndefined<Shape extends object>(
  shape: Shape,
): { [Key in keyof Shape]: Exclude<Shape[Key], undefined> } {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as never;
}

/**
 * A duration; `Infinity` is as good as no limit.
 *
 * @param name - As the caller knows it.
 * @throws {@link BuildError} It is not valid.
 */
export function milliseconds(name: string, value: number): number {
  return atLeast(name, value, 0, "a number of milliseconds, 0 or more");
}

/** A size in bytes, or a limit of one. @throws {@link BuildError} It is not valid. */
export function byteCount(name: string, value: number): number {
  return atLeast(name, value, 1, "a number of bytes, 1 or more");
}

/** How often something may happen. @throws {@link BuildError} It is no whole number. */
export function count(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw refused(name, value, "a whole number, 0 or more");
}

/** @throws {@link BuildError} It is not valid. */
export function text(name: string, value: string): string {
  if (typeof value === "string") return value;
  throw refused(name, value, "a text");
}

/** One of the names that an option knows. @throws {@link BuildError} Another value. */
export function oneOf<Choice extends string>(name: string, value: Choice, choices: readonly Choice[]): Choice {
  if (choices.includes(value)) return value;
  throw refused(name, value, `one of ${choices.join(", ")}`);
}

/** What a caller gives as a whole: an object. @throws {@link BuildError} It is not valid. */
export function object<Shape extends object>(name: string, value: Shape, what: string): Shape {
  if (typeof value === "object" && value !== null) return value;
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

/** Enough to find the mistake: what is long may be anything, a key in the wrong place included. */
function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= MOST_SHOWN) return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return `a value of type ${typeof value}`;
}

/** The names that an object of options knows, and a check of one that a caller gives. */
export type KnownOptions = (given: object) => void;

/**
 * Makes the check that an object of options holds no unknown name: a misspelt option would silently have no effect.
 *
 * @param what - The object as callers know it.
 * @param names - Every name; the compiler refuses a list that lacks one.
 * @returns Throws a {@link BuildError} that names the nearest name. What is undefined does not count.
 */
export function knownOptions<Options extends object>(
  what: string,
  names: Readonly<Record<keyof Options, true>>,
): KnownOptions {
  const known = new Set(Object.keys(names));
  return (given) => {
    object(what, given, "an object");
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined && !known.has(name)) throw unknownOption(what, name, [...known]);
    }
  };
}

function unknownOption(what: string, name: string, known: readonly string[]): BuildError {
  const nearest = nearestName(name, known);
  const advice = nearest === undefined ? `there are ${known.join(", ")}` : `did you mean ${nearest}?`;
  return new BuildError(`unknown option ${JSON.stringify(name)} in ${what}; ${advice}`);
}

/**
 * The name among `known` that was probably meant by one that is not: the one with the fewest differences in letters, whatever their case.
 *
 * @returns Undefined where none is near enough to be a slip of the fingers.
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

/** Insertions, removals and replacements that make one text of the other (Levenshtein). */
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
