// `prepublishOnly`: stops a publication under a name that is somebody else's.
import { join } from "node:path";
import { npm, readJson, root, runScript } from "./ready.mjs";

await runScript(async () => {
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
