// An application of Next.js with one route handler that uses the package.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../ready.mjs";
import { installed, program, run } from "./folder.mjs";
import { ROUTE } from "./programs.mjs";

const LAYOUT = "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n";

/** Starts the built application, and prints the answer of its route. */
const ASK = `import { spawn } from "node:child_process";
import { once } from "node:events";
const server = spawn(process.execPath, [process.argv[2], "start", "-p", "0"], { stdio: ["ignore", "pipe", "inherit"] });
let output = "";
for await (const piece of server.stdout.setEncoding("utf8")) {
  output += piece;
  const address = output.match(/http:\\/\\/localhost:\\d+/)?.[0];
  if (address === undefined) continue;
  console.log(await (await fetch(address + "/api")).text());
  break;
}
server.kill();
if (server.exitCode === null) await once(server, "exit");
`;

/**
 * @param {string} name Of its folder.
 * @param {string} settings Members of `next.config.mjs`.
 */
export async function nextApp(name, settings) {
  const app = program(name);
  const next = installed("next/dist/bin/next");
  rmSync(app, { recursive: true, force: true });
  mkdirSync(join(app, "app/api"), { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true }));
  writeFileSync(join(app, "next.config.mjs"), `export default { ${settings} };`);
  writeFileSync(join(app, "app/layout.js"), LAYOUT);
  writeFileSync(join(app, "app/api/route.js"), ROUTE);
  writeFileSync(join(app, "ask.mjs"), ASK);
  // A copy: Next.js treats only packages in a folder node_modules as external, and follows links.
  const copy = join(app, "node_modules/codex-wire");
  for (const part of ["package.json", "dist"]) cpSync(join(root, part), join(copy, part), { recursive: true });
  const quiet = { NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  await run([process.execPath, next, "build"], { cwd: app, env: quiet, timeoutMs: 300_000 });
  return { command: [process.execPath, "ask.mjs", next], cwd: app };
}
