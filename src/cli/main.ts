#!/usr/bin/env node
import { nearestName } from "../client/index.ts";
import { CodexApiError, version as packageVersion } from "../index.ts";
import { commands, usage } from "./catalogue.ts";
import { exitStatus, exitStatusOf } from "./exit-status.ts";
import { endQuietlyOnClosedPipe, output, say } from "./output.ts";
import { ReportedError } from "./reported-error.ts";
import { columnsOf } from "./terminal/window.ts";
import { UsageError } from "./usage-error.ts";

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

async function main(args: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  const interrupt = new AbortController();
  // The first Ctrl-C ends the work in order, the second at once, because `once` restores the default action.
  process.once("SIGINT", () => interrupt.abort());
  process.once("SIGTERM", () => interrupt.abort());
  try {
    await run(args, interrupt.signal);
    return interrupt.signal.aborted ? exitStatus.interrupted : exitStatus.done;
  } catch (error) {
    if (!(error instanceof ReportedError)) report(error);
    if (args.includes("--json")) await output.writeJson({ type: "error", error: toJson(error) });
    return exitStatusOf(error);
  }
}

function report(error: unknown): void {
  if (CodexApiError.is(error)) {
    say(error.kind === "aborted" ? "interrupted" : `codex-wire: ${error.kind}: ${error.message}`);
  } else if (error instanceof UsageError) {
    say(`codex-wire: ${error.message}`);
  } else {
    say(
      `codex-wire: a bug in this program, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

function toJson(error: unknown): Record<string, unknown> {
  if (error instanceof ReportedError) return toJson(error.cause);
  if (CodexApiError.is(error)) return error.toJSON();
  if (error instanceof UsageError) return { kind: error.kind, message: error.message };
  return { kind: "internal", message: error instanceof Error ? error.message : String(error) };
}

process.exitCode = await main(process.argv.slice(2));
