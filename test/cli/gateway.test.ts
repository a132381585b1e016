import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { send } from "../wire/emulator/raw-client.ts";

const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };

/** Runs the gateway until `use` ends, which gets its address. */
function serving(
  args: readonly string[],
  use: (url: string) => Promise<unknown>,
  options: { env?: Record<string, string>; input?: string } = {},
) {
  return runCommand(["gateway", ...args], {
    ...options,
    onStart: (child) => {
      let stderr = "";
      const onText = (text: string): void => {
        stderr += text;
        const url = /the gateway listens; try: OPENAI_BASE_URL=(\S+)/.exec(stderr)?.[1];
        if (url === undefined) return;
        child.stderr?.off("data", onText);
        use(url).finally(() => child.kill("SIGTERM"));
      };
      child.stderr?.on("data", onText);
    },
  });
}

describe("codex-wire gateway", () => {
  it("serves with a key from standard input, prints its address, and logs each request without its prompt", async () => {
    const emulator = await emulate({ requireAuth: "from-stdin" });
    const folder = temporaryFolder("gateway");
    const info = join(folder, "info.json");
    let written: { readonly url?: string } = {};
    let text = "";
    const { status, stdout, stderr } = await serving(
      ["--base-url", emulator.url, "--key-stdin", "--server-info", info],
      async (url) => {
        written = JSON.parse(readFileSync(info, "utf8"));
        text = (await send(`${url}/responses`, { body: HELLO })).text;
      },
      { input: "from-stdin\n" },
    );
    expect(text).toContain("17*23 = 391");
    expect(written).toEqual({ url: stdout.trim(), port: expect.any(Number), pid: expect.any(Number) });
    expect(stderr).toMatch(
      /POST \/v1\/responses 200 gpt-5\.5 websocket [\d.]+ ms first [\d.]+ ms \d+ bytes 23 in, 3 out finished\n/,
    );
    expect(stderr).not.toContain("17*23");
    expect(stderr).not.toContain("from-stdin");
    expect(status).toBe(130);
  });

  it("logs a request in one line, whatever its model's name contains", async () => {
    const emulator = await emulate();
    const model = `m\u001b[2K\r\n2026-01-01T00:00:00.000Z GET /v1/forged 200${"x".repeat(5000)}`;
    const { stderr } = await serving(
      ["--base-url", emulator.url, "--key-stdin"],
      (url) => send(`${url}/responses`, { body: { ...HELLO, model } }),
      { input: "k\n" },
    );
    const lines = stderr.split("\n").filter((line) => line.includes("/v1/forged"));
    expect(lines).toEqual([expect.stringMatching(/^\S+ POST \/v1\/responses 200 m.{0,400}$/)]);
    expect(stderr).not.toContain("\u001b");
  });

  it("requires the tokens of --token-env, and shows the traffic with --inspect", async () => {
    const emulator = await emulate();
    const answers: number[] = [];
    let page = "";
    const { stdout, stderr } = await serving(
      ["--base-url", emulator.url, "--token-env", "TOKENS", "--inspect", "--json"],
      async (url) => {
        for (const key of ["b", "c"])
          answers.push(
            (await send(`${url}/responses`, { body: HELLO, headers: { authorization: `Bearer ${key}` } })).status,
          );
        page = (await send(new URL("/", url).href)).text;
      },
      { env: { TOKENS: "a,b", OPENAI_API_KEY: "k" } },
    );
    expect(answers).toEqual([200, 401]);
    expect(page).toContain("<!doctype html>");
    const [first, second] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(first).toHaveProperty("url");
    expect(second).toMatchObject({ path: "/v1/responses", status: 200, token: 2, end: "finished" });
    expect(stderr).toMatch(/ OPENAI_API_KEY="\$\{TOKENS%%,\*\}" …/); // a shell's first of them
  });

  it("reports what is missing", async () => {
    const noKey = await runCommand(["gateway"]);
    expect(noKey).toMatchObject({ status: 2, stderr: expect.stringContaining("no key: set OPENAI_API_KEY") });
    const env = { OPENAI_API_KEY: "k" };
    const open = await runCommand(["gateway", "--host", "0.0.0.0"], { env });
    expect(open).toMatchObject({ status: 2, stderr: expect.stringContaining("set tokens") });
    const unset = await runCommand(["gateway", "--token-env", "NOWHERE"], { env });
    expect(unset).toMatchObject({ status: 2, stderr: expect.stringContaining("NOWHERE") });
    const twice = await runCommand(["gateway", "--key-stdin", "--auth", "none"], { input: "k" });
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining("--key-stdin") });
  });
});
