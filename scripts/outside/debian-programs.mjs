import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root as checkout } from "../ready.mjs";
import { Unavailable } from "./suite.mjs";

/**
 * Makes programs from Debian's packages available without installing them: the packages, with the dependencies that
 * the machine lacks, are unpacked in a folder below .cache. No daemon is started, and nothing else is changed.
 *
 * @param {string} name Of the folder, which is kept between runs.
 * @param {Readonly<Record<string, string>>} packages Package by program.
 * @returns {{ readonly path: string, readonly share: string }} `PATH` with the programs; the folder of their files in
 *   `/usr/share`.
 * @throws {Unavailable} There is no apt-get, or its archive cannot be reached.
 */
export function debianPrograms(name, packages) {
  const folder = join(checkout, ".cache", name);
  const root = join(folder, "root");
  const bin = join(folder, "bin");
  const missing = Object.keys(packages).filter((program) => !onPath(program));
  const path = [bin, process.env.PATH].join(delimiter);
  if (missing.some((program) => !existsSync(join(bin, program)))) {
    rmSync(bin, { recursive: true, force: true });
    unpack(folder, root, [...new Set(missing.map((program) => packages[program] ?? program))]);
    mkdirSync(bin);
    for (const program of missing) writeLauncher(join(bin, program), root, program);
  }
  return { path, share: existsSync(join(root, "usr", "share")) ? join(root, "usr", "share") : "/usr/share" };
}

function onPath(/** @type {string} */ program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function unpack(/** @type {string} */ folder, /** @type {string} */ root, /** @type {readonly string[]} */ packages) {
  const archives = join(folder, "archives");
  rmSync(root, { recursive: true, force: true });
  for (const each of [root, archives, join(folder, "lists", "partial")]) mkdirSync(each, { recursive: true });
  // With its own lists it needs neither root nor those of the machine.
  const settings = [
    `Dir::State::lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "APT::Sandbox::User=root",
  ].flatMap((setting) => ["-o", setting]);
  /** @param {readonly string[]} args */
  const apt = (args) => run("apt-get", ["-qq", ...settings, ...args], archives);
  apt(["update"]);
  const plan = apt(["install", "--simulate", "--no-install-recommends", ...packages]);
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name = ""]) => name);
  apt(["download", ...names]);
  for (const archive of readdirSync(archives)) run("dpkg", ["-x", join(archives, archive), root], folder);
  rmSync(archives, { recursive: true });
}

/** Writes a script that starts an unpacked program with the libraries and Python modules unpacked for it. */
function writeLauncher(/** @type {string} */ launcher, /** @type {string} */ root, /** @type {string} */ program) {
  const file = ["usr/bin", "usr/sbin", "bin", "sbin"].map((home) => join(root, home, program)).find(existsSync);
  if (file === undefined) throw new Error(`the package of ${program} does not contain it`);
  const libraries = readdirSync(join(root, "usr", "lib"))
    .filter((name) => name.includes("-linux-"))
    .map((name) => join(root, "usr", "lib", name));
  const python = [join(root, "usr", "bin", "python3"), "/usr/bin/python3"].find(existsSync);
  const modules = join(root, "usr", "lib", "python3", "dist-packages");
  const lines = [
    "#!/bin/sh",
    `export LD_LIBRARY_PATH='${libraries.join(":")}' PYTHONPATH='${modules}'`,
    `case "$(head -c 64 '${file}')" in '#!'*python*) exec '${python}' '${file}' "$@" ;; *) exec '${file}' "$@" ;; esac`,
  ];
  writeFileSync(launcher, `${lines.join("\n")}\n`);
  chmodSync(launcher, 0o755);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  if (error) throw new Unavailable(`${command} cannot be run (${error.message}); this needs Debian or Ubuntu`);
  if (status !== 0) throw new Unavailable(`${command} ${args.at(-1)} failed: ${(stderr || stdout).trim()}`);
  return stdout;
}
