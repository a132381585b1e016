import { execFileSync } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startEmulator } from "../../../src/emulator/index.ts";
import { emulator } from "./raw-client.ts";
import { ask } from "./support.ts";

describe("a scenario in a file", () => {
  it.each([
    ["scenario.json", '{"rules":[{"reply":{"answer":"from a file"}}]}'],
    ["scenario.yaml", "strict: true\nrules:\n  - when: { text: hi }\n    reply:\n      answer: from a file\n"],
    ["scenario.mjs", 'export default { rules: [{ reply: { answer: "from a file" } }] };'],
  ])("is read from %s", async (name, content) => {
    const scenarioFile = join(await folder(), name);
    await writeFile(scenarioFile, content);
    const { url } = await emulator({ scenarioFile });
    expect((await ask(url, "hi")).text).toContain("from a file");
  });

  it("is read again when it changes, and stays when what comes is broken", async () => {
    const scenarioFile = join(await folder(), "scenario.json");
    const write = async (content: string) => {
      await writeFile(`${scenarioFile}.new`, content);
      await rename(`${scenarioFile}.new`, scenarioFile);
    };
    await write('{"rules":[{"reply":{"answer":"before"}}]}');
    const told: unknown[] = [];
    let tell = () => {};
    const onScenario = (error?: unknown) => {
      told.push(error);
      tell();
    };
    const { url } = await emulator({ scenarioFile, onScenario });
    const changed = async (content: string) => {
      const reread = new Promise<void>((resolve) => (tell = resolve));
      await write(content);
      await reread;
    };
    await changed('{"rules":[{"reply":{"answer":"after"}}]}');
    expect((await ask(url, "hi")).text).toContain("after");
    await changed("{");
    expect((await ask(url, "hi")).text).toContain("after");
    expect(String(told.at(-1))).toContain("scenario.json cannot be used");
  });

  it.skipIf(process.platform === "win32")("is a regular file, or refused at once", { timeout: 5000 }, async () => {
    for (const name of ["pipe.json", "pipe.mjs"]) {
      const path = join(await folder(), name);
      execFileSync("mkfifo", [path]);
      await expect(startEmulator({ scenarioFile: path })).rejects.toThrow(/is not a regular file/);
    }
    const large = join(await folder(), "large.json");
    await writeFile(large, " ".repeat(16 * 1024 * 1024 + 1));
    await expect(startEmulator({ scenarioFile: large })).rejects.toThrow(/is larger than 16777216 bytes/);
  });

  it("that is not there is an error that names it", async () => {
    await expect(startEmulator({ scenarioFile: "/no/such.json" })).rejects.toThrow(
      /the scenario \/no\/such\.json cannot be used/,
    );
  });

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "scenario-"));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    return path;
  }
});
