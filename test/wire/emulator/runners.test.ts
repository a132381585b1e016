// `useEmulator` as each test runner has its hooks.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { answer, type Emulator, type TestHooks, useEmulator } from "../../../src/emulator/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { send } from "./raw-client.ts";

const DIST = pathToFileURL(join(import.meta.dirname, "../../../dist/emulator.js")).href;

it("runs under node:test", { timeout: 60_000 }, () => {
  const folder = temporaryFolder("node-test");
  const file = join(folder, "greets.test.mjs");
  writeFileSync(
    file,
    `import { after, before, beforeEach, test } from "node:test";
import assert from "node:assert/strict";
import { answer, useEmulator } from ${JSON.stringify(DIST)};
const emulator = useEmulator({ before, after, beforeEach }, { scenario: { rules: [{ reply: [answer("first"), answer("then")] }] } });
for (const name of ["one", "another"]) {
  test(name, async () => {
    const body = JSON.stringify({ model: "m", input: "hi" });
    const answered = await fetch(emulator().url + "/responses", { method: "POST", body, headers: { "content-type": "application/json" } });
    assert.match(await answered.text(), /first/);
  });
}
`,
  );
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  const run = spawnSync(process.execPath, ["--test", "--test-reporter=tap", file], { encoding: "utf8", env });
  expect(run.stdout).toMatch(/# pass 2\n/);
  expect(run.status).toBe(0);
});

it("takes hooks in the form that jest gives them: beforeAll, afterAll, beforeEach with functions that return promises", async () => {
  // In Jest a hook that takes an argument and returns a promise fails, so the functions passed to it must take none.
  const queue: Record<"before" | "after" | "each", (() => Promise<void> | void)[]> = {
    before: [],
    after: [],
    each: [],
  };
  const hook = (list: (() => Promise<void> | void)[]) => (run: () => Promise<void> | void) => {
    expect(run).toHaveLength(0);
    list.push(run);
  };
  const hooks: TestHooks = { beforeAll: hook(queue.before), afterAll: hook(queue.after), beforeEach: hook(queue.each) };
  const emulator: () => Emulator = useEmulator(hooks, { scenario: { rules: [{ reply: answer("hi") }] } });
  expect(() => emulator()).toThrow(/between the first test and the last/);
  for (const run of [...queue.before, ...queue.each]) await run();
  const { text } = await send(`${emulator().url}/responses`, { body: { model: "m", input: "hi" } });
  expect(text).toContain('"hi"');
  for (const run of queue.after) await run();
  expect(() => emulator()).toThrow();
});

it("forgets before each test what the one before has made of the scenario", async () => {
  const each: (() => Promise<void> | void)[] = [];
  const begun: (Promise<void> | void)[] = [];
  const ended: (() => Promise<void> | void)[] = [];
  const emulator = useEmulator({
    beforeAll: (run) => void begun.push(run()),
    afterAll: (run) => void ended.push(run),
    beforeEach: (run) => void each.push(run),
  });
  onTestFinished(async () => void (await Promise.all(ended.map((run) => run()))));
  await Promise.all(begun);
  const says = async () =>
    (await send(`${emulator().url}/responses`, { body: { model: "m", input: "repeat: own" } })).text;
  emulator().scenario.use({ rules: [{ reply: answer("of another test") }] });
  expect(await says()).toContain("of another test");
  for (const run of each) await run();
  expect(await says()).not.toContain("of another test");
});
