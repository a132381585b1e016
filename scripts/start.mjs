// `npm start [-- PROMPT]`: one streamed response from a checkout in any state.
import { join } from "node:path";
import { runNode } from "./foreground.mjs";
import { ready, root, runScript } from "./ready.mjs";

const DEFAULT_PROMPT = "In two sentences: what is a server-sent event?"; // so that it never waits for standard input

await runScript(async () => {
  await ready();
  const words = process.argv.slice(2);
  return runNode([join(root, "dist", "cli.js"), "respond", ...(words.length > 0 ? words : [DEFAULT_PROMPT])]);
});
