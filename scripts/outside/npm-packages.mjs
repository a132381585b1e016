import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm, root, say } from "../ready.mjs";
import { Unavailable } from "./suite.mjs";

/**
 * Installs npm packages in a folder below .cache, unless exactly these are already installed there.
 *
 * @param {string} name Of the folder.
 * @param {readonly string[]} packages
 * @returns {string} The folder.
 * @throws {Unavailable} npm could not install them.
 */
export function installPackages(name, packages) {
  const folder = join(root, ".cache", name);
  const stamp = join(folder, "installed.json");
  const wanted = JSON.stringify(packages);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return folder;
  say(`installing ${packages.join(", ")}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const { status, stderr, error } = npm(["install", ...packages, "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
  });
  if (error || status !== 0)
    throw new Unavailable(`npm could not install ${packages.join(", ")}\n${error?.message ?? stderr.trim()}`);
  writeFileSync(stamp, wanted);
  return folder;
}
