// `npm run surface [-- --base REF] [-- --pending]`: whether the changes of api-report/ since a commit (default: the last version's tag) need a major, a
// minor or a patch version. With --pending it fails if the files in .changeset/ announce less.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readJson, root, runScript } from "./ready.mjs";
import { LEVELS, nextVersion, surfaceChange } from "./release/surface-change.mjs";

/** @typedef {import("./release/surface-change.mjs").Level} Level */

await runScript(async () => {
  const options = /** @type {const} */ ({ base: { type: "string" }, pending: { type: "boolean" } });
  const { values } = parseArgs({ options });
  const base = values.base ?? lastVersion();
  if (base === undefined) {
    process.stdout.write("there is no version yet: everything is new\n");
    return;
  }
  const changes = readdirSync(join(root, "api-report")).map((name) => {
    const after = readFileSync(join(root, "api-report", name), "utf8");
    return { name, ...surfaceChange(git(["show", `${base}:api-report/${name}`]) ?? "", after) };
  });
  const gone = (git(["ls-tree", "--name-only", base, "api-report/"]) ?? "")
    .split("\n")
    .filter((path) => path !== "" && !changes.some(({ name }) => path === `api-report/${name}`));
  const level = gone.length > 0 ? "major" : greatest(changes.map((change) => change.level));
  const { version } = readJson(join(root, "package.json"));
  process.stdout.write(`since ${base}: ${level}; after ${version} comes ${nextVersion(version, level)}\n`);
  for (const path of gone) process.stdout.write(`  ${path} is gone\n`);
  for (const change of changes.filter((each) => each.level === level && level !== "patch"))
    for (const reason of change.reasons) process.stdout.write(`  ${change.name}: ${reason}\n`);
  if (!values.pending) return;
  const announced = pendingLevel();
  // Before 1.0 a breaking change needs a minor version, and a new export only a patch.
  const asked = version.startsWith("0.") ? (level === "major" ? "minor" : "patch") : level;
  if (LEVELS.indexOf(announced) < LEVELS.indexOf(asked))
    throw new Error(
      `the public surface needs a ${asked} version, and .changeset/ announces a ${announced} one: run npm run changeset`,
    );
});

/** @returns {Level} */
function greatest(/** @type {readonly Level[]} */ levels) {
  return LEVELS.findLast((level) => levels.includes(level)) ?? "patch";
}

/** The greatest level that a file in .changeset/ announces. */
function pendingLevel() {
  const folder = join(root, ".changeset");
  const files = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
  const levels = files.flatMap((name) => {
    const announced = /^["']?codex-wire["']?: (major|minor|patch)$/m.exec(
      readFileSync(join(folder, name), "utf8"),
    )?.[1];
    return announced === undefined ? [] : [/** @type {Level} */ (announced)];
  });
  return greatest(levels);
}

function lastVersion() {
  return git(["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"])?.trim();
}

/** @returns {string | undefined} Undefined if git fails, because it does not know the object. */
function git(/** @type {readonly string[]} */ args) {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return status === 0 ? stdout : undefined;
}
