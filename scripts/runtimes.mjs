// `npm run test:runtimes [-- FILTER…]`: the packed package, installed as by users, on Bun, Deno and Node. Bun and Deno are npm packages.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "./outside/npm-packages.mjs";
import { runOutsideSuite } from "./outside/suite.mjs";
import { installTarball, pack } from "./packed.mjs";
import { root } from "./ready.mjs";

await runOutsideSuite("runtimes", () => {
  installPackages("runtimes", ["bun@latest", "deno@latest"]);
  makeProject(join(root, ".cache", "runtimes-project"));
});

/** A folder with the package in its node_modules, and a program that uses it. */
function makeProject(/** @type {string} */ folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  installTarball(pack(folder).tarball, folder);
  cpSync(join(root, "test", "runtimes", "program.mjs"), join(folder, "program.mjs"));
}
