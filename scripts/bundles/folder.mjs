import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { root } from "../ready.mjs";

/** Contains the programs, and the bundlers and runtimes in its node_modules. */
export const FOLDER = join(root, ".cache/bundles");
/** Where bundles are written. */
export const OUT = join(FOLDER, "out");

export const program = (/** @type {string} */ name) => join(FOLDER, name);
export const installed = (/** @type {string} */ path) => join(FOLDER, "node_modules", path);

/** The module that `name` is for a program in the folder. */
export function load(/** @type {string} */ name) {
  return import(pathToFileURL(createRequire(program("package.json")).resolve(name)).href);
}

/** Runs a command with no variables but those given, `PATH` and `HOME`. */
export function run(
  /** @type {readonly string[]} */ [command = "", ...words],
  { cwd = FOLDER, env = {}, timeoutMs = 120_000 } = {},
) {
  return promisify(execFile)(command, words, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    timeout: timeoutMs,
  });
}
