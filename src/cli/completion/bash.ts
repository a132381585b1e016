import type { CommandWords } from "./words.ts";

/** For bash 4 and later, without the package bash-completion. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const top = commands.filter(({ name }) => !name.includes(" "));
  return `# codex-wire in bash: add to ~/.bashrc
#   source <(codex-wire completion bash)
_codex_wire() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${top.map(({ name }) => name).join(" ")} help --help --version' -- "$current"))
    return
  fi
  if ((COMP_CWORD > 2)); then
    case "$command \${COMP_WORDS[2]}" in
${actionsOf(commands)
  .map(({ name }) => `      '${name}') command='${name}' ;;`)
  .join("\n")}
    esac
  fi
  case "$command $previous" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case "$command" in
${commands.map(wordCase).join("\n")}
  esac
}
complete -o default -o bashdefault -F _codex_wire codex-wire
`;
}

function actionsOf(commands: readonly CommandWords[]): readonly CommandWords[] {
  return commands.filter(({ name }) => name.includes(" "));
}

/** Completion of the value of an option. */
function valueCases({ name, options }: CommandWords): string[] {
  return options.flatMap(({ name: option, value }) => {
    if (!value) return [];
    const words = value.choices
      ? `COMPREPLY=($(compgen -W '${value.choices.join(" ")}' -- "$current"))`
      : value.isFile
        ? 'COMPREPLY=($(compgen -f -- "$current"))'
        : ":";
    return [`    '${name} --${option}') ${words}; return ;;`];
  });
}

function wordCase({ name, argument, options }: CommandWords): string {
  const words = [...(argument?.choices ?? []), ...options.map((option) => `--${option.name}`)].join(" ");
  const files = argument?.isFile ? ' $(compgen -f -- "$current")' : "";
  return `    '${name}') COMPREPLY=($(compgen -W '${words}' -- "$current")${files}) ;;`;
}
