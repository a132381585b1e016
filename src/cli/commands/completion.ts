import { defineCommand } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { completionWords } from "../completion/words.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Command, Commands } from "../description.ts";
import { UsageError } from "../failure.ts";
import { output } from "../output.ts";

const SHELLS = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

/** `codex-wire completion SHELL`: a script for the shell, made from the tables of all commands. */
export function completion(commands: Commands): Command {
  return defineCommand({
    name: "completion",
    argument: "SHELL",
    choices: [...SHELLS.keys()],
    about: "Prints what bash, zsh or fish needs to complete commands, options and their values.",
    options: {},
    examples: [
      ["source <(codex-wire completion bash)", "in ~/.bashrc; the same with zsh in ~/.zshrc"],
      ["codex-wire completion fish > ~/.config/fish/completions/codex-wire.fish", "once, for fish"],
    ],
    async run({ argument: shell }) {
      const script = SHELLS.get(shell ?? "");
      const known = [...SHELLS.keys()].join(", ");
      if (!script)
        throw new UsageError(
          shell === undefined
            ? `SHELL is missing: one of ${known}`
            : `there is no completion for ${JSON.stringify(shell)}; there is one for ${known}`,
        );
      await output.write(script(await completionWords(commands)));
    },
  });
}
