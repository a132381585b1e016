// `prepublishOnly`: refuses what is not as the repository has it, or not built from it, and a name that is somebody else's.
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
  if (user === "") throw new Error(`npm has nobody logged in, so nobody can publish ${name}: run npm login`);
  if (owners.includes(user)) return;
  throw new Error(
    `on npm ${name} belongs to ${owners.join(", ")}, not to ${user}: what you publish needs another name`,
  );
});

/**
 * @param {string} name
 * @returns {readonly string[] | undefined} Nothing where the name is free.
 */
function ownersOf(name) {
  const { status, stdout, stderr, error } = npm(["view", name, "maintainers", "--json"]);
  if (error) throw error;
  if (status !== 0) {
    if (/E404/.test(stdout + stderr)) return undefined;
    throw new Error(`the registry does not say whose name ${name} is\n${stderr}`);
  }
  /** @type {unknown} */
  const answer = JSON.parse(stdout || "[]");
  const maintainers = /** @type {unknown[]} */ (Array.isArray(answer) ? answer : [answer]);
  return maintainers.map((each) =>
    typeof each === "string" ? (each.split(" ")[0] ?? each) : String(Object(each).name),
  );
}

/** What is published must be a commit, which others can look at. */
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
