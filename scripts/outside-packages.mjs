import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm, root, say } from "./ready.mjs";

/**
 * Installs packages of others below .cache, once for each list.
 *
 * @param {string} name - of the folder.
 * @param {readonly string[]} packages
 * @returns {string | undefined} What npm said when it could not.
 */
export function installOutside(name, packages) {
  const folder = join(root, ".cache", name);
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
