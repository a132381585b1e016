// The newest Codex CLI, with its default model, whose shell is a program in JavaScript.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulator } from "../wire/emulator/raw-client.ts";
import { codex, expectShellRun, home, provider, RUN } from "./codex-cli.ts";

describe("the Codex CLI", () => {
  it("runs a command over HTTP and goes on with the session", async () => {
    const server = await emulator();
    const path = home(provider(server));
    const run = await codex(path, RUN);
    expectShellRun(run);
    await server.waitForRequests({ carrier: "http", toolOutput: "from-the-shell", continued: false });
    const id = run.events.find(({ type }) => type === "thread.started")?.thread_id ?? "";
    const resumed = await codex(path, ["resume", id, "--skip-git-repo-check", "--json", "what did I say?"]);
    expect(JSON.stringify(resumed.events)).toContain("You said");
    expect(server.requests.every(({ kind }) => kind === "http")).toBe(true);
  });

  it("runs a command over a WebSocket, sending what is new", async () => {
    const server = await emulator();
    const run = await codex(home(`${provider(server)}\nsupports_websockets = true`), RUN);
    expectShellRun(run);
    const [increment] = await server.waitForRequests({
      carrier: "websocket",
      continued: true,
      toolOutput: "from-the-shell",
    });
    expect(increment?.request.json).toMatchObject({ input: [{ type: "custom_tool_call_output" }] });
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
    await server.waitForRequests({ path: "*/models", method: "GET" });
    const answers = Array.from(server.traffic.exchanges, ({ head, entries }) => {
      const status = entries.flatMap((entry) => (entry.kind === "answer" ? [entry.status] : []));
      return `${status} ${head.method} ${head.path}`;
    });
    expect(answers.filter((answered) => /^[45]/.test(answered))).toEqual([]);
    await server.waitForRequests({ headers: { "chatgpt-account-id": "account-emulated" }, toolOutput: true });
  });
});

/** Without a valid signature, which is not checked here. */
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
