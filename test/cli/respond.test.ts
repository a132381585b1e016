import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Step } from "../../src/emulator/index.ts";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { closedPort } from "../support/serve.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const quick = ["--max-retries", "0"];
const message = (part: object) => ({ type: "message", role: "assistant", content: [part] });

async function respondTo(script: readonly Step[], args: readonly string[] = [], env: Record<string, string> = {}) {
  const emulator = await emulate({ script });
  const finished = await runCommand(["respond", "--base-url", emulator.url, ...quick, ...args, "repeat: hi"], { env });
  return { emulator, ...finished };
}

const folder = () => temporaryFolder("respond");

describe("respond", () => {
  it("answers from the emulator without key and base URL, and says so on standard error", async () => {
    const { status, stdout, stderr } = await runCommand(["respond", "repeat: one two"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one two\n" });
    expect(stderr).toContain("emulator");
  });

  it("fails without key and base URL if the CA bundle cannot be used", async () => {
    const env = { SSL_CERT_FILE: "/does/not/exist" };
    const { status, stderr } = await runCommand(["respond", "repeat: one two"], { env });
    expect(status).toBe(5);
    expect(stderr).toContain("ca_read: Failed to read CA certificate file /does/not/exist selected by SSL_CERT_FILE");
  });

  it.each([
    [["--provider", "chatgpt"], {}],
    [["--auth", "none"], { OPENAI_API_KEY: "sk-key" }],
  ])("answers from the emulator for %j too", async (args, env) => {
    const { status, stdout, stderr } = await runCommand(["respond", ...args, "repeat: one"], { env });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\n" });
    expect(stderr).toContain("emulator");
  });

  it("uses a provider that needs no key", async () => {
    const emulator = await emulate();
    const { stdout, stderr } = await runCommand(["respond", "--provider", "ollama", "repeat: one"], {
      env: { CODEX_OSS_BASE_URL: emulator.url },
    });
    expect({ stdout, stderr }).toEqual({ stdout: "one\n", stderr: "" });
    expect(emulator.requests).toHaveLength(1);
  });

  it("uses the service if a header has the credentials", async () => {
    const args = ["respond", ...quick, "--header", "Authorization: Bearer x", "hi"];
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` }; // so that it does not get there
    const { status, stderr } = await runCommand(args, { env });
    expect(status).toBe(4);
    expect(stderr).not.toContain("emulator");
  });

  it("reaches the emulator whatever proxy the environment names", async () => {
    const { status, stdout } = await runCommand(["respond", "repeat: one"], {
      env: { HTTP_PROXY: "http://127.0.0.1:9", ALL_PROXY: "http://127.0.0.1:9" },
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\n" });
  });

  it("reads the prompt from standard input", async () => {
    const emulator = await emulate();
    const { stdout } = await runCommand(["respond", "--base-url", emulator.url], { input: "repeat: from stdin" });
    expect(stdout).toBe("from stdin\n");
  });

  it.each<[string, readonly object[], string]>([
    [
      "a text that only its item has, after one that came in deltas",
      [
        { type: "response.output_text.delta", output_index: 0, delta: "One" },
        { type: "response.output_item.done", output_index: 0, item: message({ type: "output_text", text: "One" }) },
        { type: "response.output_item.done", output_index: 1, item: message({ type: "output_text", text: ", two" }) },
      ],
      "One, two\n",
    ],
    [
      "deltas without an index once",
      [
        { type: "response.output_text.delta", delta: "One" },
        { type: "response.output_item.done", output_index: 0, item: message({ type: "output_text", text: "One" }) },
      ],
      "One\n",
    ],
    ["a refusal as it arrives", [{ type: "response.refusal.delta", delta: "No." }], "No.\n"],
    [
      "a refusal that only its item has",
      [{ type: "response.output_item.done", item: message({ type: "refusal", refusal: "No." }) }],
      "No.\n",
    ],
  ])("prints %s", async (_what, events, expected) => {
    const { stdout } = await respondTo([
      { events: [...events, { type: "response.completed", response: { id: "r" } }] },
    ]);
    expect(stdout).toBe(expected);
  });

  it("prints one event a line with --json, and nothing else on standard output", async () => {
    const { status, lines } = await respondTo([], ["--json"]);
    expect(status).toBe(0);
    const types = lines().map(({ type }) => type);
    expect(types.slice(0, 5)).toEqual(["server_model", "rate_limits", "rate_limits", "models_etag", "created"]);
    expect(types.at(-1)).toBe("completed");
  });

  it("sends a request file as it is, with stream: true", async () => {
    const file = join(folder(), "request.json");
    writeFileSync(file, JSON.stringify({ input: "repeat: file", model: "m", odd: 1 }));
    const emulator = await emulate({ unknownParameters: "accept" });
    const { stdout } = await runCommand(["respond", "--base-url", emulator.url, "--request", file]);
    expect(stdout).toBe("file\n");
    expect(emulator.requests[0]?.json).toEqual({ input: "repeat: file", model: "m", odd: 1, stream: true });
  });

  it("sends model, headers, conversation and compression", async () => {
    const { emulator } = await respondTo(
      [],
      [
        "--model",
        "gpt-x",
        "--header",
        "X-Own: a: b",
        "--conversation-id",
        "c1",
        "--compression",
        "gzip",
        "--client-version",
        "9.9.9",
      ],
      { OPENAI_API_KEY: " sk-key\n" },
    );
    expect(emulator.requests[0]?.json).toMatchObject({ model: "gpt-x", prompt_cache_key: "c1" });
    expect(emulator.requests[0]?.headers).toMatchObject({
      authorization: "Bearer sk-key",
      "x-own": "a: b",
      session_id: "c1",
      "content-encoding": "gzip",
      version: "9.9.9",
    });
  });

  it("reads the key from another variable, and the base URL from OPENAI_BASE_URL", async () => {
    const emulator = await emulate();
    const env = { OPENAI_BASE_URL: emulator.url, OPENAI_API_KEY: "wrong", MY_KEY: "right" };
    const { status } = await runCommand(["respond", "--api-key-env", "MY_KEY", "hi"], { env });
    expect(status).toBe(0);
    expect(emulator.requests[0]?.headers.authorization).toBe("Bearer right");
  });

  it("uses the Codex CLI's login", async () => {
    const home = folder();
    writeFileSync(join(home, "auth.json"), JSON.stringify({ tokens: { access_token: "tok", account_id: "acc" } }));
    const emulator = await emulate();
    const { status } = await runCommand(["respond", "--auth", "codex", "--base-url", emulator.url, "hi"], {
      env: { CODEX_HOME: home },
    });
    expect(status).toBe(0);
    expect(emulator.requests[0]?.headers).toMatchObject({ authorization: "Bearer tok", "chatgpt-account-id": "acc" });
  });
});

describe("a failure of respond", () => {
  it.each<[string, Step, string[], number, string]>([
    ["401", { status: 401, body: { error: { message: "bad key" } } }, [], 3, "http"],
    ["429 with Retry-After", { status: 429, headers: { "retry-after": "1" }, body: {} }, [], 3, "rate_limit"],
    ["an incomplete answer", { events: [{ type: "response.incomplete", response: {} }] }, [], 3, "incomplete"],
    ["a body cut in the middle", { terminateAfterEvents: 3 }, [], 4, "stream"],
    [
      "HTML with status 200",
      { status: 200, headers: { "content-type": "text/html" }, body: "<title>Portal</title>" },
      [],
      4,
      "protocol",
    ],
    ["no answer", { stallBeforeHeaders: true }, ["--idle-timeout-ms", "100", "--max-retries", "0"], 4, "timeout"],
    ["a stalled stream", { stallAfterEvents: 2 }, ["--idle-timeout-ms", "100"], 4, "timeout"],
  ])("%s determines kind, exit status, and the last line of --json", async (_title, step, args, status, kind) => {
    const finished = await respondTo([step], ["--json", ...args]);
    expect(finished.status).toBe(status);
    const last = finished.lines().at(-1) as { type: string; error: { kind: string; message: string } };
    expect(last).toMatchObject({ type: "error", error: { kind } });
    expect(finished.stderr).toContain(last.error.message);
  });

  it("does not follow from 500 twice and then 200", async () => {
    const emulator = await emulate({ script: [{ status: 500 }, { status: 500 }] });
    const { status, stdout } = await runCommand(["respond", "--base-url", emulator.url, "repeat: at last"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "at last\n" });
  });

  it("exits with 4 for a refused port and an unknown host, and names the address", async () => {
    const port = await closedPort();
    const refused = await runCommand(["respond", ...quick, "--base-url", `http://127.0.0.1:${port}/v1`, "hi"]);
    expect(refused).toMatchObject({ status: 4, stdout: "" });
    expect(refused.stderr).toContain(`127.0.0.1:${port} refused the connection`);
    const unknown = await runCommand(["respond", ...quick, "--base-url", "http://no-such-host.invalid/v1", "hi"]);
    expect(unknown.status).toBe(4);
    expect(unknown.stderr).toContain("no-such-host.invalid cannot be resolved");
  });

  it("exits with 2 for a key with a line break, and does not show the key", async () => {
    const { status, stderr } = await respondTo([], [], { OPENAI_API_KEY: "sk-se\ncret" });
    expect(status).toBe(2);
    expect(stderr).toContain("authorization");
    expect(stderr).not.toContain("cret");
  });

  it("exits with 5 for an unusable CA bundle", async () => {
    const { status, stderr } = await respondTo([], [], { CODEX_CA_CERTIFICATE: "/does/not/exist.pem" });
    expect(status).toBe(5);
    expect(stderr).toContain("/does/not/exist.pem selected by CODEX_CA_CERTIFICATE");
  });

  it("exits with 5 for an untrusted server, and works once its authority is trusted", async () => {
    const emulator = await emulate({ tls: true });
    const untrusted = await runCommand(["respond", "--base-url", emulator.url, "repeat: hi"]);
    expect(untrusted.status).toBe(5);
    expect(untrusted.stderr).toContain("CODEX_CA_CERTIFICATE");
    const ca = join(folder(), "ca.pem");
    writeFileSync(ca, emulator.caPem ?? "");
    const trusted = await runCommand(["respond", "--base-url", emulator.url, "repeat: hi"], {
      env: { CODEX_CA_CERTIFICATE: ca },
    });
    expect(trusted).toMatchObject({ status: 0, stdout: "hi\n" });
  });

  it.each([
    [["respond", "--bogus", "x"]],
    [["respond", "--max-retries", "many", "x"]],
    [["respond", "--header", "no-colon", "x"]],
    [["respond", "--provider", "acme", "x"]],
    [["respond", "--provider", "azure", "x"]],
    [["respond", "--request", "/does/not/exist", "x"]],
    [["respond", "--request", "/does/not/exist"]],
    [["respond", "--api-key-env", "NOT_SET", "x"]],
    [["respond", "two", "prompts"]],
    [["respond", " "]],
    [["respnod"]],
  ])("%j is a usage error", async (args) => {
    expect(await runCommand(args)).toMatchObject({ status: 2, stdout: "" });
  });
});

describe("the command", () => {
  it("ends with 130 on Ctrl-C, and keeps what was streamed", async () => {
    const emulator = await emulate({ script: [{ stallAfterEvents: 8 }] });
    const finished = await runCommand(["respond", "--base-url", emulator.url, "repeat: one two three four five six"], {
      onStart: (child) => child.stdout?.once("data", () => child.kill("SIGINT")),
    });
    expect(finished.status).toBe(130);
    expect(finished.stdout).toMatch(/^one/);
    await emulator.waitForClosedResponses(1);
  });

  it("ends quietly when its reader closes the pipe", async () => {
    const emulator = await emulate();
    const command = join(import.meta.dirname, "../../dist/cli.js");
    const shell = `"${process.execPath}" "${command}" respond --json --base-url ${emulator.url} "count to 3000" | head -n 1; echo "status \${PIPESTATUS[0]}"`;
    const child = spawn("bash", ["-c", shell], {
      env: { PATH: process.env.PATH ?? "" },
      stdio: ["ignore", "pipe", "pipe"], // a socket as standard input makes bash read its start-up files
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(stdout).toMatch(/"server_model".*\nstatus 0\n$/s);
    expect(stderr).toBe("");
  });

  it.each([[[]], [["--help"]], [["respond", "--help"]], [["emulator", "--help"]], [["doctor", "--help"]]])(
    "%j explains itself",
    async (args) => {
      const { status, stdout } = await runCommand(args);
      expect(status).toBe(0);
      expect(stdout).toContain("usage: codex-wire");
    },
  );

  it("prints its version", async () => {
    expect((await runCommand(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("emulator", () => {
  it("prints its address, serves, and ends on Ctrl-C", async () => {
    let url = "";
    const finished = await runCommand(["emulator", "--fast"], {
      onStart: (child) =>
        child.stdout?.once("data", async (line: string) => {
          url = String(line).trim();
          await fetch(`${url}/models?client_version=1.0.0`);
          child.kill("SIGINT");
        }),
    });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(finished.status).toBe(130);
  });
});
