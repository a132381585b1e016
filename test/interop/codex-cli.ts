// The Codex CLI as `npm run test:interop` installs it.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/index.ts";
import { FOLDER } from "./installed.ts";

/** The key that it sends. */
export const KEY = "sk-emulated-0123456789abcdef";

export interface CodexEvent {
  readonly type: string;
  readonly thread_id?: string;
  readonly message?: string;
  readonly item?: {
    readonly type: string;
    readonly text?: string;
    readonly aggregated_output?: string;
    readonly exit_code?: number;
  };
}

/** A home for the CLI with the emulator as its provider; ended with the test. */
export function home(settings: string): string {
  mkdirSync(join(FOLDER, "homes"), { recursive: true }); // the CLI wants none below the temporary folder
  const path = mkdtempSync(join(FOLDER, "homes", "codex-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  const common = [
    "check_for_update_on_startup = false",
    'approval_policy = "never"',
    'sandbox_mode = "danger-full-access"',
  ];
  writeFileSync(join(path, "config.toml"), [...common, settings, "[analytics]", "enabled = false", ""].join("\n"));
  return path;
}

export function provider({ url }: Pick<Emulator, "url">, more = ""): string {
  return [
    'model_provider = "emulated"',
    ...(more === "" ? [] : [more]),
    "[model_providers.emulated]",
    ...['name = "emulated"', `base_url = "${url}"`, 'env_key = "EMULATED_KEY"', 'wire_api = "responses"'],
  ].join("\n");
}

/** Runs `codex exec`, and reads its events. */
export async function codex(path: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(join(FOLDER, "node_modules/.bin/codex"), ["exec", ...args], {
    cwd: path,
    env: { PATH: process.env.PATH, HOME: path, CODEX_HOME: path, EMULATED_KEY: KEY, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill());
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const exit = await new Promise((resolve) => child.on("close", resolve));
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): CodexEvent => JSON.parse(line));
  return { exit, events, stderr };
}

/** Arguments of a run that calls the shell once. */
export const RUN = ["--skip-git-repo-check", "--json", "run `echo from-the-shell`"];

export function expectShellRun(run: Awaited<ReturnType<typeof codex>>): void {
  expect(run).toMatchObject({ exit: 0 });
  const items = run.events.flatMap(({ type, item }) => (type === "item.completed" && item ? [item] : []));
  expect(items).toContainEqual(
    expect.objectContaining({ type: "command_execution", aggregated_output: "from-the-shell\n", exit_code: 0 }),
  );
  expect(items.at(-1)).toMatchObject({ type: "agent_message", text: expect.stringContaining("from-the-shell") });
}
