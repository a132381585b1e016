import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "tsdown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emulate } from "../../support/clients.ts";
import { wire } from "./responses-support.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "codex-wire-process-"));
  // Bundled, because Node 20 cannot run TypeScript; with everything, because no package is found from there.
  await build({
    config: false,
    entry: { process: join(import.meta.dirname, "idle-process-main.ts") },
    outDir: folder,
    format: "esm",
    platform: "node",
    noExternal: /./,
    fixedExtension: true,
    dts: false,
    clean: false,
    logLevel: "silent",
  });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

it.each([{ tls: false }, { tls: true }])(
  "a request holds the process until its answer is complete, an idle connection does not (%o)",
  async ({ tls }) => {
    const slow = async function* () {
      yield wire.created;
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield wire.delta("held");
      yield wire.completed;
    };
    const emulator = await emulate({ tls, script: [{ events: slow() }] });
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, emulator.caPem ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "process.mjs"), emulator.url], {
      env: tls ? { CODEX_CA_CERTIFICATE: caFile } : {},
      timeout: 10_000,
    });
    expect(stdout).toBe("held");
    await emulator.waitForClosedWebSockets(2);
  },
);
