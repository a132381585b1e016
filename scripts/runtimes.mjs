// `npm run test:runtimes [-- FILTER…]`: the packed package, as a user installs it, on Bun and Deno beside Node. Both runtimes are npm packages.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runNode } from "./foreground.mjs";
import { installOutside } from "./outside-packages.mjs";
import { binary, npm, ready, root, runScript } from "./ready.mjs";

const folder = join(root, ".cache", "runtimes-project");

await runScript(async () => {
  await ready();
  const failure = installOutside("runtimes", ["bun@latest", "deno@latest"]);
  if (failure !== undefined) {
    process.stdout.write(`skipped: the runtimes cannot be installed\n${failure}\n`);
    return 0;
  }
  makeProject();
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/runtimes"];
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root });
});

/** A folder with the package in its node_modules, and the program that uses it. */
function makeProject() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const packed = done("npm pack", npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder]));
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"];
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  done("npm install of the package", npm(["install", tarball, ...flags], { cwd: folder }));
  cpSync(join(root, "test", "runtimes", "program.mjs"), join(folder, "program.mjs"));
}

/** @param {ReturnType<typeof npm>} result */
function done(/** @type {string} */ what, result) {
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${what} failed\n${result.stderr}`);
  return result.stdout;
}
