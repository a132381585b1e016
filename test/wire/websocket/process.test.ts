import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bundledProgram } from "../../support/bundled-program.ts";
import { emulate } from "../../support/clients.ts";
import { wire } from "./responses-support.ts";

const program = bundledProgram(join(import.meta.dirname, "idle-process-main.ts"));

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
    const caFile = join(program.folder, "ca.pem");
    writeFileSync(caFile, emulator.caPem ?? "");
    const { stdout } = await promisify(execFile)(process.execPath, [program.path, emulator.url], {
      env: tls ? { CODEX_CA_CERTIFICATE: caFile } : {},
      timeout: 10_000,
    });
    expect(stdout).toBe("held");
    await emulator.waitForClosedWebSockets(2);
  },
);

it("sends messages even in a bundle with an empty module instead of bufferutil", async () => {
  const preload = join(program.folder, "without-bufferutil.cjs");
  const lines = [
    'const Module = require("node:module");',
    "const load = Module._load;",
    'Module._load = function (name, ...rest) { return name === "bufferutil" ? {} : load.call(this, name, ...rest); };',
  ];
  writeFileSync(preload, lines.join("\n"));
  const emulator = await emulate({ script: [{ events: [wire.created, wire.delta("held"), wire.completed] }] });
  const { stdout } = await promisify(execFile)(process.execPath, ["--require", preload, program.path, emulator.url], {
    env: {},
    timeout: 10_000,
  });
  expect(stdout).toBe("held");
});
