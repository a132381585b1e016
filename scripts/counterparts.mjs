// `npm run test:counterparts [-- FILTER…]`: together with programs of others, each fetched as an npm package below .cache.
import { runNode } from "./foreground.mjs";
import { installOutside } from "./outside-packages.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

const PACKAGES = ["@copilotkit/aimock@1", "openai@7", "@openai/agents@0", "@modelcontextprotocol/sdk@1", "ws@8"];

await runScript(async () => {
  await ready();
  const failure = installOutside("counterparts", PACKAGES);
  if (failure !== undefined) {
    process.stdout.write(`skipped: the counterparts cannot be installed\n${failure}\n`);
    return 0;
  }
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/counterparts"];
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root });
});
