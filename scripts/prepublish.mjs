// `prepublishOnly`: refuses to publish uncommitted changes, a `dist` of other sources, or under a name that belongs to somebody else.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { distIsCurrent, npm, readJson, root, runScript } from "./ready.mjs";

await runScript(async () => {
  refuseChanges();
  if (!distIsCurrent())
    throw new Error("dist is missing, or was not built from these sources: run npm run build first");
  const { name } = readJson(join(root, "package.json"));
  const owners = ownersOf(name);
  if (owners === undefined) return;
  const user = npm(["whoami"]).stdout.trim();
  if (user === "") throw new Error(`you are not logged in to npm, and ${name} has an owner: run npm login`);
  if (owners.includes(user)) return;
  throw new Error(`on npm ${name} belongs to ${owners.join(", ")}, not to ${user}: publish under another name`);
});

/**
 * @param {string} name
 * @returns {readonly string[] | undefined} Undefined if the name is free.
 */
function ownersOf(name) {
  const { status, stdout, stderr, error } = npm(["view", name, "maintainers", "--json"]);
  if (error) throw error;
  if (status !== 0) {
    if (/E404/.test(stdout + stderr)) return undefined;
    throw new Error(`the registry does not say who owns ${name}\n${stderr}`);
  }
  /** @type {unknown} */
  const answer = JSON.parse(stdout || "[]");
  const maintainers = /** @type {unknown[]} */ (Array.isArray(answer) ? answer : [answer]);
  return maintainers.map((each) =>
    typeof each === "string" ? (each.split(" ")[0] ?? each) : String(Object(each).name),
  );
}

/** Others must be able to read what is published in the repository. */
function refuseChanges() {
  const { status, stdout, stderr, error } = spawnSync("git", ["status", "--porcelain"], {
    cwd: root,
    encoding: "utf8",
  });
  if (error || status !== 0)
    throw new Error(`git does not say whether the files are committed: ${error?.message ?? stderr.trim()}`);
  const changed = stdout.trim().split("\n").filter(Boolean);
  if (changed.length > 0)
    throw new Error(`these files are not committed; commit or remove them before you publish:\n${changed.join("\n")}`);
}
