// `npm start [-- PROMPT]`: one streamed response, in a checkout that need not be installed or built.
import { join } from "node:path";
import { runNode } from "./child-processes.mjs";
import { ready, root, runScript } from "./ready.mjs";

const DEFAULT_PROMPT = "In two sentences: what is a server-sent event?"; // without a prompt the command would wait for standard input

await runScript(async () => {
  await ready();
  const words = process.argv.slice(2);
  return runNode([join(root, "dist", "cli.js"), "respond", ...(words.length > 0 ? words : [DEFAULT_PROMPT])]);
});
