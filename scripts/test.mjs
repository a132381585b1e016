// `npm test [-- FILTER…]`: the whole test suite from a checkout in any state.
import { runNode } from "./foreground.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

await runScript(async () => {
  await ready();
  return runNode([binary("vitest"), "run", ...process.argv.slice(2)], { cwd: root });
});
