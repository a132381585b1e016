import type { Command, Commands } from "../../../src/cli/description.ts";
import { exitStatus } from "../../../src/cli/failure.ts";
import type { OptionTable } from "../../../src/cli/options.ts";
import { optionRows, usageOf } from "../../../src/cli/terminal/help.ts";

/** Options with the same text in this many commands are explained once. */
const OFTEN = 4;

/** The text of `docs/cli.md`, made from the tables of the parser and the help. */
export async function manualOf(commands: Commands): Promise<string> {
  const all: { readonly name: string; readonly summary: string; readonly command: Command }[] = [];
  for (const [name, { summary, load }] of commands) {
    const command = await load();
    all.push({ name, summary, command });
    for (const [action, each] of command.description.actions ?? [])
      all.push({ name: `${name} ${action}`, summary: each.description.about, command: each });
  }
  const common = commonRows(all.map(({ command }) => command.description.options));
  const sections = all.map(({ name, command }) => sectionOf(name, command, common));
  return `${[head(all), ...sections, shared(common), TAIL].join("\n\n")}\n`;
}

function head(all: readonly { readonly name: string; readonly summary: string }[]): string {
  const rows = all
    .filter(({ name }) => !name.includes(" "))
    .map(({ name, summary }) => `| [\`${name}\`](#codex-wire-${name}) | ${cell(summary)} |`);
  return `# The command

\`codex-wire\` is the package at a terminal and in scripts. Standard output carries the data alone; everything for people goes to standard error.
\`codex-wire COMMAND --help\` says what stands here.

| command | what it does |
|---|---|
${rows.join("\n")}

This page is made from the command's own tables (\`npm run manual\`).`;
}

function sectionOf(name: string, { description }: Command, common: ReadonlySet<string>): string {
  const own = optionRows(description.options).filter((row) => !common.has(row.join("\n")));
  const parts = [`## codex-wire ${name}`, `\`\`\`text\n${usageOf(description).replace("usage: ", "")}\n\`\`\``];
  parts.push(description.about.replaceAll("\n", " "));
  if (own.length > 0) parts.push(tableOf(own));
  if (own.length < Object.keys(description.options).length)
    parts.push("Also the [options of many commands](#options-of-many-commands).");
  const examples = description.examples?.map(([line, what]) => `# ${what}\n${line}`) ?? [];
  if (examples.length > 0) parts.push(`\`\`\`sh\n${examples.join("\n")}\n\`\`\``);
  return parts.join("\n\n");
}

function commonRows(tables: readonly OptionTable[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const row of tables.flatMap((table) => optionRows(table))) {
    const key = row.join("\n");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count >= OFTEN).map(([key]) => key));
}

function shared(common: ReadonlySet<string>): string {
  const rows = [...common].map((key) => key.split("\n") as [string, string]);
  return `## Options of many commands

A command takes those of them that its help lists. A common option that has no effect in a command is taken all the same, so that a script can give the same options to
all that call the service, and standard error says so.

${tableOf(rows)}`;
}

function tableOf(rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([written, meaning]) => `| \`${written}\` | ${cell(meaning)} |`);
  return `| option | |\n|---|---|\n${lines.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/[<>]/g, "\\$&");
}

const TAIL = `## Where calls go

To \`--base-url\`, else to \`OPENAI_BASE_URL\`, else to the provider's own address. The key is in \`OPENAI_API_KEY\`, in the variable that \`--api-key-env\` names, or in the login of the
Codex CLI (\`--auth codex\`). At the own addresses of other companies it is in theirs: \`XAI_API_KEY\`, \`AI_GATEWAY_API_KEY\` (vercel), \`OPENROUTER_API_KEY\`, \`AZURE_OPENAI_API_KEY\`; servers
on this machine (ollama, lmstudio) get none. A key goes to another company only if you name both, the key with \`--api-key-env\` and the address with \`--base-url\` or \`--provider\`;
the login only to OpenAI, to this machine, and to hosts that \`--auth-host\` names. With no key and no address, the hosted providers (openai and chatgpt) are played by the emulator inside the process, and standard error says so.

## Exit status

| status | meaning |
|---|---|
| ${exitStatus.done} | done |
| ${exitStatus.ourFault} | a bug in this program |
| ${exitStatus.usage} | the command line or a setting is wrong, or Node.js is too old |
| 3 | the API refused, or ended the answer early |
| 4 | network, time-out, a broken stream, an answer that cannot be read, or a limit of this package |
| 5 | a certificate or a CA bundle is not trusted |
| ${exitStatus.interrupted} | interrupted |

After a failure with \`--json\` the last line of standard output is \`{"type":"error","error":{"kind":…,"message":…}}\`; [Errors](errors.md) has the kinds. A reader that closes the pipe ends
the command quietly. Lines are wrapped at the width of the terminal, or at \`COLUMNS\`; output into a file or a pipe is not wrapped. \`NO_COLOR\` switches colours off.

## Completion

\`codex-wire completion SHELL\` prints a script for bash, zsh or fish; its help says where to put it.`;
