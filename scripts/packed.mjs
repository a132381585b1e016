// The package as npm would publish it.
import { join } from "node:path";
import { ensureSuccess, npm } from "./ready.mjs";

/**
 * @param {string} folder Where the tarball is written.
 * @returns {{ tarball: string, paths: string[] }} Path of the tarball, and of each file in it.
 */
export function pack(folder) {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files }] = JSON.parse(ensureSuccess("npm pack", npm(args)).stdout);
  return { tarball: join(folder, filename), paths: files.map((/** @type {{ path: string }} */ { path }) => path) };
}

/** Installs the tarball as users do. */
export function installTarball(/** @type {string} */ tarball, /** @type {string} */ project) {
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"];
  ensureSuccess("npm install of the tarball", npm(["install", tarball, ...flags], { cwd: project }));
}
