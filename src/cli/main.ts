import { nearestName } from "../client/index.ts";
import { version as packageVersion } from "../index.ts";
import { commands, usage } from "./catalogue.ts";
import { exitStatus, exitStatusOf, jsonOf, messageOf, UsageError } from "./failure.ts";
import { endQuietlyOnClosedPipe, output, say } from "./output.ts";
import { columnsOf } from "./terminal/window.ts";

async function run(args: readonly string[], signal: AbortSignal): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const [about = ""] = rest;
    return commands.has(about) ? run([about, "--help"], signal) : output.write(usage(columnsOf(process.stdout)));
  }
  if (name === "--version" || name === "-v") return output.write(`${packageVersion}\n`);
  const command = commands.get(name);
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}; ${adviceFor(name)}`);
  await (await command.load())(rest, signal);
}

function adviceFor(name: string): string {
  if (name.startsWith("-")) return "options come after the command (see: codex-wire --help)";
  const meant = nearestName(name, commands.keys());
  return meant === undefined ? `the commands are ${[...commands.keys()].join(", ")}` : `did you mean ${meant}?`;
}

/** Runs the command. @returns The exit status. */
export async function main(args: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  const interrupt = new AbortController();
  // The first Ctrl-C ends the work in order, the second at once, because `once` restores the default action.
  process.once("SIGINT", () => interrupt.abort());
  process.once("SIGTERM", () => interrupt.abort());
  try {
    await run(args, interrupt.signal);
    return interrupt.signal.aborted ? exitStatus.interrupted : exitStatus.done;
  } catch (error) {
    const message = messageOf(error);
    if (message !== undefined) say(message);
    if (args.includes("--json")) await output.writeJson({ type: "error", error: jsonOf(error) });
    return exitStatusOf(error);
  }
}
