// `npm run test:interop [-- FILTER…]`: the programs that the emulator is there for, in their newest versions, against it.
import { runNode } from "./foreground.mjs";
import { installOutside } from "./outside-packages.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

const PACKAGES = [
  ...["@openai/codex@latest", "openai@latest", "ai@latest", "@ai-sdk/openai@latest", "@openai/agents@latest"],
  ...[
    "@langchain/openai@latest",
    "@langchain/core@latest",
    "@earendil-works/pi-ai@latest",
    "opencode-ai@latest",
    "ai-6@npm:ai@6",
    "jest@30",
    "zod@4",
    "ws@8",
  ],
];

await runScript(async () => {
  await ready();
  const failure = installOutside("interop", PACKAGES);
  if (failure !== undefined) {
    process.stdout.write(`skipped: the clients cannot be installed\n${failure}\n`);
    return 0;
  }
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/interop"];
  return runNode([...vitest, ...process.argv.slice(2)], { cwd: root });
});
