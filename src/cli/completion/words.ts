import type { CommandDescription, Commands } from "../description.ts";
import { optionName } from "../options.ts";

/** What a shell needs to know about one command. */
export interface CommandWords {
  /** `respond`, or `responses get`. */
  readonly name: string;
  readonly summary: string;
  /** Undefined if it takes none. */
  readonly argument: ValueWords | undefined;
  readonly options: readonly OptionWords[];
}

export interface OptionWords {
  readonly name: string;
  readonly short: string | undefined;
  /** What the first sentence of the help says. */
  readonly meaning: string;
  /** Undefined for a switch. */
  readonly value: ValueWords | undefined;
}

/** What a position of the command line accepts: one of a few words, a file, or any text. */
export interface ValueWords {
  readonly placeholder: string;
  readonly choices?: readonly string[];
  readonly isFile: boolean;
}

/** All commands and actions, from their tables. */
export async function completionWords(commands: Commands): Promise<CommandWords[]> {
  const words: CommandWords[] = [];
  for (const [name, { summary, load }] of commands) {
    const { description } = await load();
    words.push(wordsOf(name, summary, description));
    for (const [action, command] of description.actions ?? [])
      words.push(wordsOf(`${name} ${action}`, command.description.about, command.description));
  }
  return words;
}

function wordsOf(
  name: string,
  summary: string,
  { argument, choices, options, actions }: CommandDescription,
): CommandWords {
  return {
    name,
    summary,
    argument: actions
      ? valueWords("ACTION", [...actions.keys()])
      : argument === undefined
        ? undefined
        : valueWords(argument, choices),
    options: Object.entries(options).map(([key, option]) => ({
      name: optionName(key),
      short: option.short,
      meaning: option.help.split(/[;:] /, 1)[0] ?? option.help,
      value: option.placeholder === undefined ? undefined : valueWords(option.placeholder, option.choices),
    })),
  };
}

function valueWords(placeholder: string, choices: readonly string[] | undefined): ValueWords {
  return { placeholder, ...(choices ? { choices } : {}), isFile: placeholder === "FILE" || placeholder === "DIR" };
}

/** A text in single quotes for a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
