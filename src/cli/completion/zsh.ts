import { type CommandWords, type OptionWords, quoted, type ValueWords } from "./words.ts";

/** For zsh with its completion system: sourced, or as the file `_codex-wire` in a folder of `fpath`. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const top = commands.filter(({ name }) => !name.includes(" "));
  return `#compdef codex-wire
# codex-wire in zsh: add to ~/.zshrc, after compinit
#   source <(codex-wire completion zsh)
_codex_wire() {
  local -a commands
  commands=(
${top.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  ((CURRENT--))
  case "$command" in
${top.map((command) => branch(command, commands)).join("\n")}
  esac
}
if [[ "\${funcstack[1]}" == _codex-wire ]]; then
  _codex_wire "$@"
else
  compdef _codex_wire codex-wire
fi
`;
}

function branch(command: CommandWords, commands: readonly CommandWords[]): string {
  // The actions of one command have nearly the same options: those of the first are used for all.
  const sample = commands.find(({ name }) => name.startsWith(`${command.name} `)) ?? command;
  const specifications = [...sample.options.flatMap(optionSpecifications), ...argumentSpecifications(command)];
  const lines = specifications.map((each) => `        ${each}`).join(" \\\n");
  return `    ${command.name})\n      _arguments -S \\\n${lines}\n      ;;`;
}

function optionSpecifications({ name, short, meaning, value }: OptionWords): string[] {
  const told = meaning.replace(/[[\]:]/g, "\\$&");
  const action = value ? `:${value.placeholder.replaceAll(":", "\\:")}:${completer(value)}` : "";
  const names = short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
  return names.map((written) => quoted(`*${written}[${told}]${action}`));
}

function argumentSpecifications({ argument }: CommandWords): string[] {
  return argument ? [quoted(`${argument.choices ? "1" : "*"}:${argument.placeholder}:${completer(argument)}`)] : [];
}

/** `()`: no words. Without it zsh shows the placeholder as a message, and then completes no unambiguous option. */
function completer({ choices = [], isFile }: ValueWords): string {
  return isFile ? "_files" : `(${choices.join(" ")})`;
}
