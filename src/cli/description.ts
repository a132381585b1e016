import type { OptionTable } from "./options.ts";

/** A command: takes its arguments, and has finished when the promise resolves. */
export interface Command {
  (args: readonly string[], signal: AbortSignal): Promise<void>;
  readonly description: CommandDescription;
}

/** All commands by name, each loaded when it is used. */
export type Commands = ReadonlyMap<string, { readonly summary: string; load(): Promise<Command> }>;

/** The description from which help, shell completion and manual are made. */
export interface CommandDescription {
  readonly name: string;
  /** The argument that is not an option, as the help names it; undefined if the command takes none. */
  readonly argument?: string;
  /** Whether the command runs without the argument. */
  readonly isArgumentOptional?: boolean;
  /** The possible values of the argument, if there are few. */
  readonly choices?: readonly string[];
  /** The required option, for the first line of the help. */
  readonly needs?: string;
  /** What the command does, for the help. */
  readonly about: string;
  readonly options: OptionTable;
  /** Command lines, each with an explanation. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** For a command with several actions: each action's word and command. */
  readonly actions?: ReadonlyMap<string, Command>;
}
