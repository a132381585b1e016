import { type CommandWords, type OptionWords, quoted } from "./words.ts";

/** For fish 3 and later. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const top = commands.filter(({ name }) => !name.includes(" "));
  const lines = [
    "# codex-wire in fish: save as ~/.config/fish/completions/codex-wire.fish",
    "#   codex-wire completion fish > ~/.config/fish/completions/codex-wire.fish",
    "complete -c codex-wire -f",
    ...top.map(
      ({ name, summary }) => `complete -c codex-wire -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`,
    ),
    ...commands.flatMap(ofCommand),
  ];
  return `${lines.join("\n")}\n`;
}

function ofCommand({ name, argument, options }: CommandWords): string[] {
  const seen = name.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const line = `complete -c codex-wire -n ${quoted(seen.join("; and "))}`;
  return [
    ...(argument?.choices ? [`${line} -a ${fishQuoted(argument.choices.join(" "))}`] : []),
    ...(argument?.isFile ? [`${line} -F`] : []),
    ...options.map((option) => `${line} ${optionWords(option)}`),
  ];
}

function optionWords({ name, short, meaning, value }: OptionWords): string {
  const parts = [
    short === undefined ? "" : `-s ${short}`,
    `-l ${name}`,
    valueWords(value),
    `-d ${fishQuoted(meaning)}`,
  ];
  return parts.filter(Boolean).join(" ");
}

function valueWords(value: OptionWords["value"]): string {
  if (!value) return "";
  if (value.choices) return `-x -a ${fishQuoted(value.choices.join(" "))}`;
  return value.isFile ? "-r -F" : "-x";
}

/** In fish a single quote within single quotes is written with a backslash. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
