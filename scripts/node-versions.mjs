// `npm run test:node-versions [-- --node=MAJOR…] [FILTER…]`: the test suite on every supported Node, or on those named. Each is installed from npm.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installNode, noOtherNode } from "./outside/node-installs.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";
import { printRow } from "./table.mjs";

const MAJORS = [20, 22, 24, 26];
const CHOICE = "--node=";
const COLUMNS = [12, 8, 28];

const named = process.argv.slice(2).filter((argument) => argument.startsWith(CHOICE));
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith(CHOICE));

await runScript(async () => {
  if (noOtherNode !== undefined) {
    process.stdout.write(`${noOtherNode}; run npm test under each Node.\n`);
    return 0;
  }
  const chosen = named.map((option) => Number(option.slice(CHOICE.length)));
  const unknown = chosen.filter((major) => !MAJORS.includes(major));
  if (unknown.length > 0) throw new Error(`Node ${unknown.join(", ")} is not one of ${MAJORS.join(", ")}`);
  await ready();
  const rows = (chosen.length > 0 ? chosen : MAJORS).map((major) => testOn(major));
  process.stdout.write("\n");
  printRow(COLUMNS, ["Node", "result", "tests", "seconds"]);
  for (const { cells } of rows) printRow(COLUMNS, cells);
  return rows.every((row) => row.passed) ? 0 : 1;
});

function testOn(/** @type {number} */ major) {
  const node = installNode(major);
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(node, [binary("vitest"), "run", ...filters], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, PATH: `${join(node, "..")}:${process.env.PATH}` },
  });
  const passed = status === 0;
  if (!passed) process.stdout.write(`\n${version}\n${stdout}${stderr}`);
  const counts = /^\s*Tests\s+(.*?)(?:\s+\(\d+\))?$/m.exec(stdout)?.[1] ?? "none";
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  return { passed, cells: [version, passed ? "ok" : "FAIL", counts, seconds] };
}
