import type { OptionTable } from "./options.ts";

/** A command: its arguments in, its work done when the promise resolves. */
export interface Command {
  (args: readonly string[], signal: AbortSignal): Promise<void>;
  readonly described: Described;
}

/** Every command by its name, loaded when it is wanted. */
export type Commands = ReadonlyMap<string, { readonly summary: string; load(): Promise<Command> }>;

/** What the help, the completion of shells and the manual are made of. */
export interface Described {
  readonly name: string;
  /** The one argument that is no option, as the help names it; a command without one takes none. */
  readonly argument?: string;
  /** What the argument may be, where there are few. */
  readonly choices?: readonly string[];
  /** The option it cannot do without, for the first line of the help. */
  readonly needs?: string;
  /** What it does, for the help. */
  readonly about: string;
  readonly options: OptionTable;
  /** Command lines, each with what it does. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** Of a command of several: the word after its name to the command that it is. */
  readonly actions?: ReadonlyMap<string, Command>;
}
