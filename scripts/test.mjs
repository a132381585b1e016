// `npm test [-- FILTER…]`: the test suite, in a checkout that need not be installed or built.
import { runNode } from "./child-processes.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

await runScript(async () => {
  await ready();
  return runNode([binary("vitest"), "run", ...process.argv.slice(2)], { cwd: root });
});
