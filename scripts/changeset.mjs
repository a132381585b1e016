// `npm run changeset [-- COMMAND]`: the changesets command, which is not among the dependencies: only who releases needs it.
import { join } from "node:path";
import { runNode } from "./foreground.mjs";
import { installOutside } from "./outside-packages.mjs";
import { root, runScript } from "./ready.mjs";

await runScript(async () => {
  const failure = installOutside("changesets", ["@changesets/cli@2"]);
  if (failure !== undefined) throw new Error(`@changesets/cli cannot be installed\n${failure}`);
  const command = join(root, ".cache", "changesets", "node_modules", "@changesets", "cli", "bin.js");
  return runNode([command, ...process.argv.slice(2)], { cwd: root });
});
