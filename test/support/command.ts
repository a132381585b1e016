import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const COMMAND = join(import.meta.dirname, "../../dist/cli.js");

export interface CommandOptions {
  /** Added to an environment that has only PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input, which then ends; null leaves it open. Default: nothing. */
  readonly input?: string | Uint8Array | null;
  /** Called with the process after it started. */
  readonly onStart?: (child: ChildProcess) => void;
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON, line by line. */
  lines(): Record<string, unknown>[];
}

/** Runs the built command to its end. */
export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  if (!existsSync(COMMAND)) throw new Error("dist/cli.js is missing: run `npm run build` first (npm test does)");
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, [COMMAND, ...args], { env: { PATH, HOME, ...options.env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  options.onStart?.(child);
  child.stdin.on("error", () => {}); // the command may leave before it has read everything
  if (options.input !== null) child.stdin.end(options.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      resolve({
        status,
        stdout,
        stderr,
        lines: () =>
          stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>),
      }),
    );
  });
}
