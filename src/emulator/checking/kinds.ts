import { distance } from "./spelling.ts";

/** What a value that a person wrote may be. */
export interface Kind {
  /** As in “it must be …”. */
  readonly what: string;
  accepts(value: unknown): boolean;
  /** Of an object, so that a message can name the member that is wrong. */
  readonly members?: Kinds | undefined;
}

export type Kinds = Readonly<Record<string, Kind>>;

const kind = (what: string, accepts: (value: unknown) => boolean): Kind => ({ what, accepts });

export const anything = kind("anything", () => true);
export const text = kind("a string", (value) => typeof value === "string");
/** Node fires a timer of more milliseconds at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const filled = kind("a string that is not empty", (value) => typeof value === "string" && value !== "");
export const toggle = kind("true or false", (value) => typeof value === "boolean");
export const callback = kind("a function", (value) => typeof value === "function");
export const record = kind("an object", isRecord);

export function number(least: number, most = Number.POSITIVE_INFINITY): Kind {
  const range = most === Number.POSITIVE_INFINITY ? `of ${least} or more` : `from ${least} to ${most}`;
  return kind(`a number ${range}`, (value) => typeof value === "number" && value >= least && value <= most);
}

export function whole(least: number, most = Number.POSITIVE_INFINITY): Kind {
  const { what, accepts } = number(least, most);
  return kind(what.replace("a number", "a whole number"), (value) => accepts(value) && Number.isInteger(value));
}

export function choice(...names: readonly string[]): Kind {
  const last = names.at(-1) ?? "";
  const quoted = names.map((name) => JSON.stringify(name));
  const what = names.length < 2 ? JSON.stringify(last) : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return kind(what, (value) => names.includes(String(value)) && typeof value === "string");
}

export function either(...kinds: readonly Kind[]): Kind {
  const [members, ...more] = kinds.flatMap((each) => (each.members ? [each.members] : []));
  return {
    ...kind(kinds.map(({ what }) => what).join(", or "), (value) => kinds.some(({ accepts }) => accepts(value))),
    ...(more.length === 0 && { members }),
  };
}

export function listOf(entry: Kind): Kind {
  return kind(`a list, each entry ${entry.what}`, (value) => Array.isArray(value) && value.every(entry.accepts));
}

/** An object with these members, the last ones only if somebody wants them. */
export function shape(needed: Kinds, optional: Kinds = {}): Kind {
  const names = [...Object.keys(needed), ...Object.keys(optional).map((name) => `${name}?`)];
  const members: Kinds = { ...needed, ...optional };
  const accepts = (value: unknown): boolean => {
    if (!isRecord(value)) return false;
    const isKnown = Object.entries(value).every(([name, each]) => each === undefined || members[name]?.accepts(each));
    return isKnown && Object.keys(needed).every((name) => value[name] !== undefined);
  };
  return { ...kind(`an object { ${names.join(", ")} }`, accepts), members };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Looks through what a person wrote: a misspelt name would have no effect, and a value of another kind some other one.
 *
 * @throws An error that says where it is wrong, and what was probably meant or may be there.
 */
export function check(value: object, kinds: Kinds, where: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${where} must be given as an object, and is ${shown(value)}`);
  for (const [name, given] of Object.entries(value)) {
    const allowed = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!allowed)
      throw new Error(`${where} has an unknown name \`${name}\`; did you mean \`${nearestOf(name, kinds)}\`?`);
    if (given === undefined || allowed.accepts(given)) continue;
    if (allowed.members && isRecord(given)) check(given, allowed.members, `\`${name}\` of ${where}`);
    throw new Error(`\`${name}\` of ${where} is ${shown(given)}; it must be ${allowed.what}`);
  }
}

function nearestOf(name: string, kinds: Kinds): string {
  return Object.keys(kinds).reduce((best, each) => (distance(each, name) < distance(best, name) ? each : best));
}

const MOST_SHOWN = 60;

function shown(value: unknown): string {
  const json = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return json.length > MOST_SHOWN ? `${json.slice(0, MOST_SHOWN)}…` : json;
}
