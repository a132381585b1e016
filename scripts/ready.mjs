// Prepares a checkout: checks the version of Node, installs the locked dependencies, and builds dist from the sources.
// It imports only Node's own modules, because it runs before anything is installed, and uses only syntax that an old
// Node can read, because it tells users that their Node is too old.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".cache");
const stamp = join(cache, "dist.sha256");
const lock = join(cache, "ready.lock");
const BUILD_INPUTS = [
  "src",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsdown.config.ts",
  "scripts/entries.mjs",
];
const EMPTY_LOCK_MS = 5_000;

/**
 * @param {{ rebuild?: boolean }} [options] `rebuild`: build even if dist is current.
 * @throws {Error} With a message for the user: Node is too old, or a step failed (its output is in the message).
 */
export async function ready(options = {}) {
  checkNode();
  if (!options.rebuild && dependenciesAreCurrent() && distIsCurrent()) return;
  const release = await acquireLock();
  try {
    if (!dependenciesAreCurrent()) installDependencies();
    if (options.rebuild || !distIsCurrent()) build();
  } finally {
    release();
  }
}

/** Runs `main`; an error that it throws becomes one message and exit status 1. */
export async function runScript(/** @type {() => Promise<number | void>} */ main) {
  try {
    process.exitCode = (await main()) || 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

export function say(/** @type {string} */ line) {
  process.stderr.write(`codex-wire: ${line}\n`);
}

/** Path of a development dependency's command, a program for Node. */
export function binary(/** @type {string} */ packageName, /** @type {string} */ command = packageName) {
  const home = join(root, "node_modules", packageName);
  const { bin } = readJson(join(home, "package.json"));
  return join(home, typeof bin === "string" ? bin : bin[command]);
}

/**
 * The npm that started this script, else the one on the PATH; output is captured.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function npm(args, options = {}) {
  const cli = process.env.npm_execpath;
  const ownCli = cli !== undefined && /npm-cli\.c?js$/.test(cli);
  const windows = process.platform === "win32";
  return spawnSync(ownCli ? process.execPath : windows ? "npm.cmd" : "npm", ownCli ? [cli, ...args] : [...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: windows && !ownCli,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
}

/**
 * @param {string} what Names the command in the message.
 * @param {import("node:child_process").SpawnSyncReturns<string>} result
 * @throws {Error} The command failed; its output is in the message.
 */
export function ensureSuccess(what, result) {
  if (result.error) throw result.error;
  if (result.status === 0) return result;
  throw new Error(
    `${what} failed with ${result.signal || `status ${result.status}`}\n${result.stdout}${result.stderr}`,
  );
}

export function readJson(/** @type {string} */ path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function checkNode() {
  const wanted = String(readJson(join(root, "package.json")).engines.node).replace(/^>=/, "");
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(`Node ${wanted} or later is needed; this is Node ${process.versions.node} (${process.execPath})`);
}

// npm writes node_modules/.package-lock.json last, so an interrupted installation counts as none.
function dependenciesAreCurrent() {
  const installedLock = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = readJson(join(root, "package-lock.json")).packages;
  const installed = readJson(installedLock).packages;
  return Object.keys(wanted).every((path) => {
    if (path === "") return true;
    const found = installed[path];
    return found ? found.version === wanted[path].version : wanted[path].optional || wanted[path].devOptional;
  });
}

function installDependencies() {
  say("installing dependencies (npm ci)");
  // --include=dev: with NODE_ENV=production npm would leave out the compiler.
  const flags = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  ensureSuccess("npm ci", npm(["ci", ...flags]));
}

/** Whether `dist` was built from the present sources. */
export function distIsCurrent() {
  return existsSync(stamp) && existsSync(join(root, "dist", "cli.js")) && readFileSync(stamp, "utf8") === inputsHash();
}

// By content: a checkout or a rebase changes the times of files that stay the same.
function inputsHash() {
  const hash = createHash("sha256");
  for (const input of BUILD_INPUTS) {
    for (const file of filesBelow(join(root, input))) {
      const bytes = readFileSync(file);
      hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex");
}

/** @returns {string[]} */
function filesBelow(/** @type {string} */ path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).sort();
  return names.flatMap((name) => filesBelow(join(path, name)));
}

function build() {
  say("building dist");
  // Built in another folder and then moved: programs that run from dist meanwhile never find half of it.
  const hash = inputsHash();
  const fresh = join(cache, `dist-${process.pid}`);
  const old = join(cache, `dist-old-${process.pid}`);
  const dist = join(root, "dist");
  const args = [binary("tsdown"), "--out-dir", fresh, "--logLevel", "warn"];
  try {
    ensureSuccess("the build", spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
    rmSync(stamp, { force: true });
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
    writeFileSync(stamp, hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** One set-up per checkout at a time. The file contains the process id of its owner, so that a killed one does not block others. */
async function acquireLock() {
  mkdirSync(cache, { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    }
    if (ownerIsGone()) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!waited) say("waiting for another set-up of this checkout");
    await sleep(200);
  }
}

function ownerIsGone() {
  try {
    const owner = Number(readFileSync(lock, "utf8"));
    if (!owner) return Date.now() - statSync(lock).mtimeMs > EMPTY_LOCK_MS;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    return code === "ESRCH" || code === "ENOENT";
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runScript(() => ready({ rebuild: process.argv.includes("--rebuild") }));
}
