// `npm run test:interop [-- FILTER…]`: the newest versions of the programs that the emulator is made for, against the emulator.
import { installPackages } from "./outside/npm-packages.mjs";
import { runOutsideSuite } from "./outside/suite.mjs";

const NEWEST = [
  "@openai/codex",
  "openai",
  "ai",
  "@ai-sdk/openai",
  "@openai/agents",
  "@langchain/openai",
  "@langchain/core",
  "@earendil-works/pi-ai",
  "opencode-ai",
];
const FIXED = ["ai-6@npm:ai@6", "jest@30", "zod@4", "ws@8"];

await runOutsideSuite("interop", () => {
  installPackages("interop", [...NEWEST.map((name) => `${name}@latest`), ...FIXED]);
});
