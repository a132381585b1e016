import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cleanEnvironment } from "../measure.mjs";
import { median } from "../median.mjs";
import { digits } from "../report.mjs";
import { NAMES } from "./streams.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "bench");
const UNDICI_MS = 75;

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function coldStart(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["floor", "ours", "openai", "ai-sdk"]);
  const times = clients.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < (quick ? 5 : 15); round += 1) {
    for (const [index, client] of clients.entries()) times[index]?.push(firstEventMs(client, server.origin));
  }
  const [floorMs = 0, oursMs = 0] = times.map(median);
  return {
    title: "Cold start: from the start of a process to the first event of its first response (median)",
    head: ["client", "ms"],
    rows: clients.map((client, index) => [NAMES[client] ?? client, digits(median(times[index] ?? []))]),
    checks: [{ what: "to bare undici", value: oursMs / floorMs, limit: 1, unit: "x" }],
  };
}

function firstEventMs(/** @type {string} */ client, /** @type {string} */ origin) {
  const module = JSON.stringify(new URL(`../clients/${client}.mjs`, import.meta.url).href);
  return numberFrom(`
    const { open } = await import(${module});
    const client = await open(${JSON.stringify(origin)});
    let firstEventMs;
    await client.read("short", () => { firstEventMs ??= performance.now(); });
    process.stdout.write(String(firstEventMs), () => process.exit());`);
}

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function weight(/** @type {{ quick: boolean }} */ { quick }) {
  const ours = { name: "codex-wire", home: root, entry: join(root, "dist", "index.js") };
  const peers = ["undici", "openai", "@ai-sdk/openai"].map((name) => ({
    name,
    home: modulePath(bench, name),
    entry: name,
  }));
  const measured = [ours, ...peers].map((each) => ({
    ...each,
    packages: closure(each.home),
    times: /** @type {number[]} */ ([]),
  }));
  for (let round = 0; round < (quick ? 5 : 15); round += 1) {
    for (const { entry, times } of measured) times.push(importMs(entry));
  }
  const sizeMb = (/** @type {ReadonlySet<string>} */ packages) =>
    [...packages].reduce((total, home) => total + (home === root ? ownBytes() : diskBytes(home)), 0) / 2 ** 20;
  const [own] = measured;
  const importMsOf = (/** @type {string} */ name) => median(measured.find((each) => each.name === name)?.times ?? []);
  return {
    title: "Weight: a cold import in a fresh process (median), what an installation brings",
    head: ["package", "import in ms", "packages", "MB on disk"],
    rows: measured.map(({ name, times, packages }) => [
      name,
      digits(median(times)),
      String(packages.size),
      digits(sizeMb(packages)),
    ]),
    checks: [
      {
        what: `cold import, on a machine that imports undici in ${UNDICI_MS} ms as the goal's did`,
        value: (importMsOf("codex-wire") / importMsOf("undici")) * UNDICI_MS,
        limit: 30,
        unit: "ms",
      },
      { what: "packages installed", value: own?.packages.size ?? 0, limit: 8, unit: "" },
      { what: "installed", value: sizeMb(own?.packages ?? new Set()), limit: 5, unit: "MB" },
    ],
  };
}

function importMs(/** @type {string} */ entry) {
  const specifier = JSON.stringify(entry.endsWith(".js") ? pathToFileURL(entry).href : entry);
  return numberFrom(
    `const startedAt = performance.now(); await import(${specifier}); process.stdout.write(String(performance.now() - startedAt));`,
  );
}

/** What a script prints in a process of its own. */
function numberFrom(/** @type {string} */ script) {
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: bench,
    encoding: "utf8",
    env: cleanEnvironment(),
  });
  if (status !== 0) throw new Error(`a measuring process failed\n${script}\n${stderr}`);
  return Number(stdout);
}

/** The package and everything it needs at run time, as folders. Optional peers are not installed with it. */
function closure(/** @type {string} */ home, found = /** @type {Set<string>} */ (new Set())) {
  if (found.has(home)) return found;
  found.add(home);
  const {
    dependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
  } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const needed = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  for (const name of [...Object.keys(dependencies), ...needed]) closure(modulePath(home, name), found);
  return found;
}

/** Where Node would find it: in the nearest node_modules. */
function modulePath(/** @type {string} */ from, /** @type {string} */ name) {
  for (let folder = from; ; folder = join(folder, "..")) {
    const path = join(folder, "node_modules", name);
    if (existsSync(path)) return path;
    if (join(folder, "..") === folder) throw new Error(`${name}, which ${from} needs, is not installed`);
  }
}

function ownBytes() {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return ["package.json", ...files].reduce((total, file) => total + diskBytes(join(root, file)), 0);
}

/** @returns {number} What the file system gives it, as `du` counts. */
function diskBytes(/** @type {string} */ path) {
  const stat = statSync(path);
  const own = stat.blocks * 512;
  if (!stat.isDirectory()) return own;
  const names = readdirSync(path).filter((name) => name !== "node_modules");
  return names.reduce((total, name) => total + diskBytes(join(path, name)), own);
}
