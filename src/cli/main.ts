#!/usr/bin/env node
import { CodexApiError, version as packageVersion } from "../index.ts";
import type { Command } from "./command.ts";
import { exitStatus, exitStatusOf } from "./exit-status.ts";
import { endQuietlyOnClosedPipe, output, say } from "./output.ts";
import { ReportedError } from "./reported-error.ts";
import { UsageError } from "./usage-error.ts";

/** A Map, not an object: whoever types `constructor` shall hear that there is no such command. */
const commands = new Map<string, { readonly summary: string; load(): Promise<Command> }>(
  Object.entries({
    respond: {
      summary: "stream one response; PROMPT from the argument or standard input",
      load: async () => (await import("./commands/respond.ts")).respond,
    },
    resume: {
      summary: "go on with a response in the background",
      load: async () => (await import("./commands/resume.ts")).resume,
    },
    responses: {
      summary: "get, cancel or delete a stored response, or list its input items",
      load: async () => (await import("./commands/responses.ts")).responses,
    },
    session: {
      summary: "send several full requests, one a line of a file, through one session",
      load: async () => (await import("./commands/session.ts")).session,
    },
    compact: {
      summary: "compact a history",
      load: async () => (await import("./commands/compact.ts")).compact,
    },
    memories: {
      summary: "summarize raw memories",
      load: async () => (await import("./commands/memories.ts")).memories,
    },
    models: {
      summary: "list models",
      load: async () => (await import("./commands/models.ts")).models,
    },
    realtime: {
      summary: "talk to a realtime session by text or from a recording",
      load: async () => (await import("./commands/realtime.ts")).realtime,
    },
    doctor: {
      summary: "explain trust and route: CA bundle, proxy, then each step of a connection",
      load: async () => (await import("./commands/doctor.ts")).doctor,
    },
    emulator: {
      summary: "run a local server that answers as the API does",
      load: async () => (await import("./commands/emulator.ts")).emulator,
    },
  }),
);

function usage(): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `codex-wire ${packageVersion}: the Codex and OpenAI Responses APIs from the terminal

usage: codex-wire COMMAND [OPTIONS]

${lines.join("\n")}

  codex-wire COMMAND --help explains a command; codex-wire --version prints the version.
  Without a key (OPENAI_API_KEY) and without --base-url the calls run against the built-in emulator.
`;
}

async function run(args: readonly string[], signal: AbortSignal): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const [about = ""] = rest;
    return commands.has(about) ? run([about, "--help"], signal) : output.write(usage());
  }
  if (name === "--version" || name === "-v") return output.write(`${packageVersion}\n`);
  const command = commands.get(name);
  if (!command)
    throw new UsageError(
      `there is no command ${JSON.stringify(name)}; the commands are ${[...commands.keys()].join(", ")}`,
    );
  await (await command.load())(rest, signal);
}

async function main(args: readonly string[]): Promise<number> {
  endQuietlyOnClosedPipe();
  const interrupt = new AbortController();
  // The first Ctrl-C ends the work in order, the second at once (once: the default action is back).
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
      `codex-wire: a fault of this program, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
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
