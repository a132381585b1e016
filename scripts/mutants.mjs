// `npm run test:mutants [-- TEXT… | FILE:LINE…]`: changes the files below in one place at a time, and prints the changes that no test notices. Changes
// that cannot make a difference are listed in mutants/equal.mjs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createVitest } from "vitest/node";
import { isEqual } from "./mutants/equal.mjs";
import { mutationsOf } from "./mutants/mutations.mjs";
import { root, runScript } from "./ready.mjs";

/** Files that decide something or read bytes, and their tests. */
const TABLES = [
  {
    table: "src/client/failure/outlook.ts",
    tests: ["test/unit/client/failure", "test/unit/api/session/call/recovery.test.ts", "test/unit/api/refusal"],
  },
  {
    table: "src/api/refusal/codes.ts",
    tests: ["test/unit/api/refusal", "test/unit/api/session/call/recovery.test.ts"],
  },
  { table: "src/api/session/history/history.ts", tests: ["test/unit/api/session"] },
  { table: "src/api/session/history/comparison.ts", tests: ["test/unit/api/session"] },
  { table: "src/api/session/call/recovery.ts", tests: ["test/unit/api/session"] },
  { table: "src/api/session/call/kept-items.ts", tests: ["test/unit/api/session"] },
  { table: "src/client/route/no-proxy.ts", tests: ["test/unit/client/route"] },
  { table: "src/client/retry/policy.ts", tests: ["test/unit/client/failure", "test/unit/api/session"] },
  { table: "src/client/http/chunked-body.ts", tests: ["test/unit/client/http/chunked-body.test.ts"] },
  {
    table: "src/client/http/direct-reads.ts",
    tests: ["test/unit/client/http/direct-reads.test.ts", "test/wire/http/held-reader.test.ts"],
  },
  { table: "src/client/sse/decoder.ts", tests: ["test/unit/client/sse"] },
  { table: "src/client/sse/line-ends.ts", tests: ["test/unit/client/sse/line-ends.test.ts"] },
];

await runScript(async () => {
  const chosen = process.argv.slice(2);
  const isChosen = (/** @type {string} */ table, /** @type {number} */ line) =>
    chosen.length === 0 || chosen.some((text) => table.includes(text) || `${table}:${line}`.endsWith(text));
  /** @type {{ path: string, text: string } | undefined} */
  let changed;
  const plugin = {
    name: "mutant",
    enforce: /** @type {const} */ ("pre"),
    load: (/** @type {string} */ id) => (changed && id.split("?")[0] === changed.path ? changed.text : undefined),
  };
  // Without bail: vitest would count the failures of earlier changes, and end the run before its first test.
  // Without vitest.config.ts: there the test files share a process, which does not read a changed source again.
  const setupFiles = ["test/support/scrub-environment.ts", "test/support/watchdog.ts"];
  const options = { root, config: false, setupFiles, watch: false, reporters: [{}] };
  const vitest = await createVitest("test", /** @type {any} */ (options), { plugins: [plugin] });
  await vitest.standalone();
  let survivors = 0;
  let equal = 0;
  let count = 0;
  try {
    for (const { table, tests } of TABLES) {
      const path = join(root, table);
      const text = readFileSync(path, "utf8");
      const mutations = mutationsOf(path, text).filter(({ line }) => isChosen(table, line));
      if (mutations.length === 0) continue;
      const lines = text.split("\n");
      const specifications = await vitest.globTestSpecifications(tests);
      const files = new Set(specifications.map(({ moduleId }) => moduleId));
      const passes = async () => {
        vitest.invalidateFile(path);
        const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, true);
        const own = testModules.filter(({ moduleId }) => files.has(moduleId)); // it also reports those of earlier tables
        return unhandledErrors.length === 0 && own.length === files.size && own.every((module) => module.ok());
      };
      changed = undefined;
      if (!(await passes())) throw new Error(`the tests of ${table} fail without any change`);
      for (const { line, from, to, start, end } of mutations) {
        changed = { path, text: text.slice(0, start) + to + text.slice(end) };
        count += 1;
        if (!(await passes())) continue;
        if (isEqual({ table, code: lines[line - 1]?.trim() ?? "", from })) {
          equal += 1;
          continue;
        }
        survivors += 1;
        process.stdout.write(`${table}:${line}  ${oneLine(from)}  →  ${oneLine(to)}\n`);
      }
      changed = undefined;
      vitest.invalidateFile(path); // the tests of the next table may read it too
    }
  } finally {
    await vitest.close();
  }
  process.stdout.write(`${count} changes; ${survivors} that no test notices, and ${equal} that make no difference\n`);
  return survivors === 0 ? 0 : 1;
});

function oneLine(/** @type {string} */ text) {
  return text.replace(/\s+/g, " ").slice(0, 80);
}
