// `npm run test:shells [-- FILTER…]`: the command's completion in zsh and fish as users have them.
import { join } from "node:path";
import { debianPrograms, Unavailable } from "./debian-programs.mjs";
import { runNode } from "./foreground.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

await runScript(async () => {
  await ready();
  let shells;
  try {
    shells = debianPrograms(join(root, ".cache", "shells"), { zsh: "zsh", fish: "fish" });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: zsh and fish cannot be had\n${error.message}\n`);
    return 0;
  }
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/shells"];
  const env = { ...process.env, PATH: shells.path, SHELLS_SHARE: shells.share };
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root, env });
});
