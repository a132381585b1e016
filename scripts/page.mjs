// `npm run test:page [-- FILTER…]`: the emulator's page in headless Chromium.
import { join } from "node:path";
import { debianPrograms, Unavailable } from "./debian-programs.mjs";
import { runNode } from "./foreground.mjs";
import { installOutside } from "./outside-packages.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

await runScript(async () => {
  await ready();
  const failure = installOutside("page", ["playwright-core@1"]);
  if (failure !== undefined) {
    process.stdout.write(`skipped: playwright-core cannot be installed\n${failure}\n`);
    return 0;
  }
  let path;
  try {
    ({ path } = debianPrograms(join(root, ".cache", "chromium"), { chromium: "chromium" }));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: no chromium can be had\n${error.message}\n`);
    return 0;
  }
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/page"];
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root, env: { ...process.env, PATH: path } });
});
