import { UsageError } from "./failure.ts";

/** One option: how it is written, explained and checked. Its name is its key in an {@link OptionTable}: `baseUrl` is `--base-url`. */
export interface Option<Value> {
  /** Placeholder for the value in the help; a switch has none. */
  readonly placeholder?: string;
  readonly short?: string;
  /** The possible values, if there are few, for shell completion. */
  readonly choices?: readonly string[];
  readonly help: string;
  /**
   * @param given - Its values on the command line, in order; empty if it was not given.
   * @param flag - Its name as written, for messages.
   * @throws {@link UsageError} The value is invalid.
   */
  read(given: readonly string[], flag: string): Value;
}

/** The options of a command, in the order of its help. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values of a table's options. */
export type ValuesOf<Table extends OptionTable> = { readonly [Key in keyof Table]: ReturnType<Table[Key]["read"]> };

/** `baseUrl` as `base-url`. */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function toggle(help: string, short?: string): Option<boolean> {
  return { help, ...(short === undefined ? {} : { short }), read: (given) => given.length > 0 };
}

export function text(placeholder: string, help: string): Option<string | undefined> {
  return { placeholder, help, read: (given) => given.at(-1) };
}

/** @param more - Text for the help after the list of values. */
export function choice<const Value extends string>(
  placeholder: string,
  choices: readonly Value[],
  more = "",
): Option<Value | undefined> {
  const help = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}${more}`;
  const read = (given: readonly string[], flag: string): Value | undefined => {
    const value = given.at(-1);
    const found = choices.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    throw new UsageError(`${flag} must be one of ${choices.join(", ")}; got ${JSON.stringify(value)}`);
  };
  return { placeholder, choices, help, read };
}

export function wholeNumber(help: string): Option<number | undefined> {
  const read = (given: readonly string[], flag: string): number | undefined => {
    const value = given.at(-1);
    if (value === undefined || /^\d{1,12}$/.test(value)) return value === undefined ? undefined : Number(value);
    throw new UsageError(`${flag} takes a whole number, 0 or more; got ${JSON.stringify(value)}`);
  };
  return { placeholder: "N", help, read };
}

/** A port to listen on; 0 is a free one. */
export function portNumber(help: string): Option<number | undefined> {
  const number = wholeNumber(help);
  const read = (given: readonly string[], flag: string): number | undefined => {
    const port = number.read(given, flag);
    if (port === undefined || port <= 65_535) return port;
    throw new UsageError(`${flag} takes a port, 0 to 65535; got ${port}`);
  };
  return { ...number, read };
}

/** A text that may be given more than once. */
export function list(placeholder: string, help: string): Option<readonly string[]> {
  return { placeholder, help, read: (given) => given };
}

/** Headers written as `NAME: VALUE`, the names in lower case. */
export function headers(help: string): Option<Readonly<Record<string, string>>> {
  // `Object.fromEntries` accepts any name, `__proto__` too.
  const read = (given: readonly string[], flag: string) => Object.fromEntries(given.map((line) => field(line, flag)));
  return { placeholder: "'NAME: VALUE'", help, read };
}

function field(line: string, flag: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  // The value is not repeated, because it may be a credential.
  if (colon < 1) throw new UsageError(`${flag} takes 'name: value'; one of them has no colon after a name`);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}
