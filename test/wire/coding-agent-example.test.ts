import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answer, type EmulatorOptions, toolCalls } from "../../src/emulator/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { emulator } from "./emulator/raw-client.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/coding-agent.mjs");

async function agent(task: string, { env = {}, ...options }: EmulatorOptions & { env?: Record<string, string> } = {}) {
  const server = await emulator(options);
  const folder = temporaryFolder("agent");
  const child = spawn(process.execPath, [EXAMPLE, task], {
    cwd: folder,
    env: { PATH: process.env.PATH, OPENAI_API_KEY: "k", OPENAI_BASE_URL: server.url, ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const told = { out: "", err: "" };
  child.stdout.on("data", (bytes) => (told.out += bytes));
  child.stderr.on("data", (bytes) => (told.err += bytes));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { server, folder, child, told, ended };
}

const write = toolCalls([{ name: "write", arguments: { path: "src/a.js", content: "console.log(6 * 7)\n" } }]);
const run = toolCalls([{ name: "shell", arguments: { command: "node src/a.js" } }]);

test("the coding agent of the examples writes a file, runs it, and says what came of it", async () => {
  const { folder, told, ended } = await agent("write and run", {
    scenario: {
      rules: [
        { when: { toolOutput: "42" }, reply: answer("It printed 42.") },
        { when: { toolOutput: "wrote" }, reply: run },
        { when: { text: "write" }, reply: write },
      ],
    },
  });
  expect(await ended, told.err).toBe(0);
  expect(told.out).toContain("It printed 42.");
  expect(readFileSync(join(folder, "src/a.js"), "utf8")).toBe("console.log(6 * 7)\n");
});

test("it shows its retries, and does not leave its folder", async () => {
  const outside = toolCalls([{ name: "write", arguments: { path: "../evil.txt", content: "x" } }]);
  const { folder, told, ended } = await agent("flaky", {
    scenario: {
      rules: [
        { when: { toolOutput: "outside" }, reply: answer("understood") },
        { when: { text: "flaky" }, reply: [{ status: 503 }, outside] },
      ],
    },
  });
  expect(await ended, told.err).toBe(0);
  expect(told.err).toMatch(/again in \d+ ms/);
  expect(told.out).toContain("understood");
  expect(existsSync(join(folder, "../evil.txt"))).toBe(false);
});

test("it tells the model that there is no tool of an invented name", async () => {
  const invented = toolCalls([{ name: "search", arguments: { query: "x" } }]);
  const { told, ended } = await agent("look", {
    scenario: {
      strict: true,
      rules: [
        { when: { toolOutput: "there is no tool search" }, reply: answer("understood") },
        { when: { text: "look", turn: 1 }, reply: invented },
      ],
    },
  });
  expect(await ended, told.err).toBe(0);
  expect(told.out).toContain("understood\n");
});

test("it goes on from a compaction alone", async () => {
  const { server, told, ended } = await agent(`run echo ${"word ".repeat(1500)}`, { env: { COMPACT_AT: "1000" } });
  expect(await ended, told.err).toBe(0);
  const inputs = server.requests
    .map(({ json }) => (json as { input?: { type: string }[] } | undefined)?.input)
    .filter((input) => input !== undefined);
  expect(inputs.at(-1)?.map(({ type }) => type)).not.toContain("message");
});

test.skipIf(process.platform === "win32")("an interrupt ends it at once", async () => {
  const { child, told, ended } = await agent("count to 1000", { pace: { delayMsPerWord: 20 } });
  child.stdout.once("data", () => child.kill("SIGINT"));
  expect(await ended, told.err).toBe(130);
  expect(told.err).toContain("stopped");
});
