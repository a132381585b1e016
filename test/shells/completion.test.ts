import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const share = process.env.SHELLS_SHARE ?? "/usr/share";

function filesBelow(folder: string, pattern: RegExp): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}

async function scriptFor(shell: string): Promise<{ folder: string; script: string }> {
  const folder = temporaryFolder(`completion-${shell}`);
  const script = join(folder, "script");
  writeFileSync(script, (await runCommand(["completion", shell])).stdout);
  return { folder, script };
}

const CASES = [
  ["codex-wire upl", "upload"],
  ["codex-wire respond --carr", "--carrier"],
  ["codex-wire respond --carrier w", "websocket"],
  ["codex-wire responses canc", "cancel"],
  ["codex-wire completion f", "fish"],
  [`codex-wire respond --request ${import.meta.dirname}/completion.te`, import.meta.filename],
] as const;

test.each(CASES)("fish completes %s to %s", async (line, expected) => {
  const { script } = await scriptFor("fish");
  const functions = join(share, "fish/functions");
  const ask = `set -p fish_function_path '${functions}'; source '${script}'; complete -C '${line}'`;
  const { stdout } = spawnSync("fish", ["--no-config", "-c", ask], { encoding: "utf8" });
  expect(stdout.split("\n").map((offer) => offer.split("\t")[0])).toContain(expected);
});

test.each(CASES)("zsh completes %s to %s", async (line, expected) => {
  const whole = line.replace(/\S*$/, () => expected);
  const { folder, script } = await scriptFor("zsh");
  const [zpty = ""] = filesBelow(join(share, "../lib"), /zsh[/\\]zpty\.so$/);
  const modules = dirname(dirname(zpty));
  const functions = [...new Set(filesBelow(join(share, "zsh/functions"), /[/\\]_?\w+$/).map(dirname))];
  writeFileSync(join(folder, ".zshenv"), `module_path=('${modules}')\nfpath=(${functions.join(" ")})\n`);
  writeFileSync(
    join(folder, ".zshrc"),
    `PS1=\nautoload -Uz compinit\ncompinit -u -D\nsource '${script}'\nprint READY\n`,
  );
  // A terminal of its own, in which the line is typed and the tab key pressed.
  const ask = `
module_path=('${modules}')
zmodload zsh/zpty
zpty shell env ZDOTDIR='${folder}' TERM=dumb zsh -i
zpty -r -m shell said '*READY*'
zpty -w -n shell '${line}'$'\\t'
zpty -r -m shell said '*${whole}*' && print -r -- "$said"
zpty -d shell
`;
  writeFileSync(join(folder, "ask"), ask);
  const { stdout } = spawnSync("zsh", ["-f", join(folder, "ask")], { encoding: "utf8", timeout: 20_000 });
  expect(stdout).toContain(whole);
});
