// The newest Codex CLI, with its default model, whose shell is a program in JavaScript.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Emulator } from "../../src/emulator/index.ts";
import { emulator } from "../wire/emulator/raw-client.ts";
import { FOLDER } from "./installed.ts";

interface CodexEvent {
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
function home(settings: string): string {
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

function provider({ url }: Emulator, more = ""): string {
  return [
    'model_provider = "emulated"',
    ...(more === "" ? [] : [more]),
    "[model_providers.emulated]",
    ...['name = "emulated"', `base_url = "${url}"`, 'env_key = "EMULATED_KEY"', 'wire_api = "responses"'],
  ].join("\n");
}

async function codex(path: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(join(FOLDER, "node_modules/.bin/codex"), ["exec", ...args], {
    cwd: path,
    env: { PATH: process.env.PATH, HOME: path, CODEX_HOME: path, EMULATED_KEY: "k", ...env },
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

const RUN = ["--skip-git-repo-check", "--json", "run `echo from-the-shell`"];

function expectShellRun(run: Awaited<ReturnType<typeof codex>>): void {
  expect(run).toMatchObject({ exit: 0 });
  const items = run.events.flatMap(({ type, item }) => (type === "item.completed" && item ? [item] : []));
  expect(items).toContainEqual(
    expect.objectContaining({ type: "command_execution", aggregated_output: "from-the-shell\n", exit_code: 0 }),
  );
  expect(items.at(-1)).toMatchObject({ type: "agent_message", text: expect.stringContaining("from-the-shell") });
}

describe("the Codex CLI", () => {
  it("runs a command over HTTP and goes on with the session", async () => {
    const server = await emulator();
    const path = home(provider(server));
    const run = await codex(path, RUN);
    expectShellRun(run);
    const id = run.events.find(({ type }) => type === "thread.started")?.thread_id ?? "";
    const resumed = await codex(path, ["resume", id, "--skip-git-repo-check", "--json", "what did I say?"]);
    expect(JSON.stringify(resumed.events)).toContain("You said");
    expect(server.requests.every(({ kind }) => kind === "http")).toBe(true);
  });

  it("runs a command over a WebSocket, sending what is new", async () => {
    const server = await emulator();
    const run = await codex(home(`${provider(server)}\nsupports_websockets = true`), RUN);
    expectShellRun(run);
    const frames = server.requests.filter(({ kind }) => kind === "frame");
    expect(frames.at(-1)?.json).toMatchObject({
      previous_response_id: expect.any(String),
      input: [{ type: "custom_tool_call_output" }],
    });
  });

  it("compacts when the window is full, and comes to an end", async () => {
    const server = await emulator();
    const run = await codex(home(provider(server, "model_auto_compact_token_limit = 2000")), RUN);
    expect(run.exit).toBe(0);
    expect(server.requests.length).toBeGreaterThan(2); // two for the turn, the rest to compact
    expect(server.requests.length).toBeLessThan(12);
    expect(run.events.at(-1)?.type).toBe("turn.completed");
  });

  it("logs in to ChatGPT over TLS of the emulator's authority", async () => {
    const server = await emulator({ tls: true });
    const path = home(
      `openai_base_url = "${server.origin}/backend-api/codex"\nchatgpt_base_url = "${server.origin}/backend-api"`,
    );
    const authority = join(path, "authority.pem");
    writeFileSync(authority, server.caPem ?? "");
    writeFileSync(join(path, "auth.json"), JSON.stringify(madeUpLogin()));
    const run = await codex(path, RUN, { CODEX_CA_CERTIFICATE: authority });
    expectShellRun(run);
    expect(server.requests.map(({ path: asked }) => asked)).toContainEqual(
      expect.stringMatching(/\/models\?client_version=/),
    );
  });
});

/** Not signed: nobody here looks. */
function madeUpLogin() {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const auth = { chatgpt_account_id: "account-emulated", chatgpt_plan_type: "plus", chatgpt_user_id: "user-emulated" };
  const expires = Math.floor(Date.now() / 1000) + 86_400;
  const claims = { email: "emulator@example.com", exp: expires, "https://api.openai.com/auth": auth };
  const token = [part({ alg: "none", typ: "JWT" }), part(claims), "x"].join(".");
  return {
    OPENAI_API_KEY: null,
    tokens: { id_token: token, access_token: token, refresh_token: "r", account_id: "account-emulated" },
    last_refresh: new Date().toISOString(),
  };
}
