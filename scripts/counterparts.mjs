// `npm run test:counterparts [-- FILTER…]`: together with programs of others, each fetched as an npm package below .cache.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runNode } from "./foreground.mjs";
import { binary, npm, ready, root, runScript, say } from "./ready.mjs";

const PACKAGES = ["@copilotkit/aimock@1", "openai@7", "@openai/agents@0", "@modelcontextprotocol/sdk@1", "ws@8"];
const folder = join(root, ".cache", "counterparts");

await runScript(async () => {
  await ready();
  const failure = install(PACKAGES);
  if (failure !== undefined) {
    process.stdout.write(`skipped: the counterparts cannot be installed\n${failure}\n`);
    return 0;
  }
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/counterparts"];
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root });
});

/**
 * @param {readonly string[]} packages
 * @returns {string | undefined} What npm said when it could not.
 */
function install(packages) {
  const stamp = join(folder, "installed.json");
  const wanted = JSON.stringify(packages);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return undefined;
  say(`installing ${packages.join(", ")}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const { status, stderr, error } = npm(["install", ...packages, "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
  });
  if (error || status !== 0) return error?.message ?? stderr.trim();
  writeFileSync(stamp, wanted);
  return undefined;
}
