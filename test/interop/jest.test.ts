// `useEmulator` in Jest itself.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { FOLDER } from "./installed.ts";

const DIST = pathToFileURL(join(import.meta.dirname, "../../dist/emulator.js")).href;

it("Jest runs tests with the helper, each with the scenario from its beginning", { timeout: 90_000 }, async () => {
  mkdirSync(join(FOLDER, "homes"), { recursive: true });
  const folder = mkdtempSync(join(FOLDER, "homes", "jest-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ type: "module", jest: { transform: {}, rootDir: "." } }),
  );
  writeFileSync(
    join(folder, "greets.test.js"),
    `import { answer, useEmulator } from ${JSON.stringify(DIST)};
const scenario = { rules: [{ reply: [answer("first"), answer("then")] }] };
const emulator = useEmulator({ beforeAll, afterAll, beforeEach }, { scenario });
test.each(["one", "another"])("%s", async () => {
  const request = { method: "POST", body: '{"model":"m","input":"hi"}', headers: { "content-type": "application/json" } };
  const answered = await fetch(emulator().url + "/responses", request);
  expect(await answered.text()).toContain("first");
  await emulator().waitForRequests({ text: "hi" });
});
`,
  );
  const command = [join(FOLDER, "node_modules/jest/bin/jest.js"), "--json", "--silent"];
  const env = { PATH: process.env.PATH, HOME: folder, NODE_OPTIONS: "--experimental-vm-modules" };
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder, env, timeout: 80_000 });
  expect(JSON.parse(stdout)).toMatchObject({ success: true, numPassedTests: 2 });
});
