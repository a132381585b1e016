// `npm run check [-- STEP…]`: what must hold before a change is merged; without names, all steps.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { binary, ready, root, runScript } from "./ready.mjs";

/** The arguments of a Node process by the step's name; quick steps first. */
const STEPS = {
  lockfile: () => [join(root, "scripts", "check-lockfile.mjs")],
  format: () => [binary("@biomejs/biome", "biome"), "ci", "--colors=off", "--error-on-warnings", "."],
  types: () => [binary("typescript", "tsc"), "--noEmit"],
  "page-types": () => [binary("typescript", "tsc"), "--noEmit", "-p", "tsconfig.page.json"], // the emulator's page
  unused: () => [binary("knip")],
  test: () => [binary("vitest"), "run"],
  api: () => [join(root, "scripts", "api-report.mjs"), "--check"],
  package: () => [join(root, "scripts", "check-package.mjs")],
  "import-time": () => [join(root, "scripts", "import-time.mjs")],
};

await runScript(async () => {
  const names = /** @type {(keyof typeof STEPS)[]} */ (process.argv.slice(2));
  const unknown = names.filter((name) => !(name in STEPS));
  if (unknown.length > 0)
    throw new Error(`${unknown.join(", ")} is not one of the steps ${Object.keys(STEPS).join(", ")}`);
  await ready();
  const failed = [];
  for (const name of names.length > 0 ? names : /** @type {(keyof typeof STEPS)[]} */ (Object.keys(STEPS))) {
    if (!(await passes(name))) failed.push(name);
  }
  if (failed.length > 0) throw new Error(`failed: ${failed.join(", ")}`);
});

/** @param {keyof typeof STEPS} name */
async function passes(name) {
  const startedAt = performance.now();
  const { status, output } = await run(STEPS[name]());
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
  if (status !== 0) process.stdout.write(`${output}\n`);
  return status === 0;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, output }));
  });
}
