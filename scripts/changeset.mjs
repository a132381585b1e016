// `npm run changeset [-- COMMAND]`: the changesets command. It is not a dependency, because only releases need it.
import { join } from "node:path";
import { runNode } from "./child-processes.mjs";
import { installPackages } from "./outside/npm-packages.mjs";
import { root, runScript } from "./ready.mjs";

await runScript(() => {
  const folder = installPackages("changesets", ["@changesets/cli@2"]);
  const command = join(folder, "node_modules", "@changesets", "cli", "bin.js");
  return runNode([command, ...process.argv.slice(2)], { cwd: root });
});
