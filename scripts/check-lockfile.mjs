// Checks that package-lock.json fits package.json, and names no registry: everybody installs from their own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readJson, root, runScript } from "./ready.mjs";

const MANIFEST_PARTS = ["version", "dependencies", "devDependencies", "peerDependencies", "engines", "bin"];

await runScript(async () => {
  const manifest = readJson(join(root, "package.json"));
  const { packages } = readJson(join(root, "package-lock.json"));
  const problems = MANIFEST_PARTS.filter(
    (part) => JSON.stringify(manifest[part]) !== JSON.stringify(packages[""][part]),
  ).map((part) => `"${part}" differs from package.json: run npm install`);
  for (const [path, { resolved, integrity }] of Object.entries(packages)) {
    if (resolved) problems.push(`${path} names the place it was downloaded from: ${resolved}`);
    if (path !== "" && !integrity) problems.push(`${path} has no integrity`);
  }
  // A range such as "https://host/package.tgz" would also name one.
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  for (const [, range] of text.matchAll(/"((?:git\+)?(?:https?|ssh|git):\/\/[^"]*\.(?:tgz|git)[^"]*)"/g)) {
    problems.push(`a dependency is given as a URL: ${range}`);
  }
  if (problems.length > 0) throw new Error(`package-lock.json:\n  ${problems.join("\n  ")}`);
});
