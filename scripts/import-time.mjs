// `npm run import-time`: how long a cold `import("codex-api")` takes, measured inside fresh processes.
import { spawnSync } from "node:child_process";
import { ready, root, runScript } from "./ready.mjs";

const RUNS = 15;
const GOAL_MS = 30;
const LIMIT_MS = 60;
const MEASURE = `
  const startedAt = performance.now();
  await import("codex-api");
  const ms = performance.now() - startedAt;
  const early = process.moduleLoadList.filter((each) => /^NativeModule (http|https|http2)$|undici/.test(each));
  process.stdout.write(JSON.stringify({ ms, early }));`;

await runScript(async () => {
  await ready();
  const times = Array.from({ length: RUNS }, importOnce).sort((a, b) => a - b);
  const [fastest = 0] = times;
  const median = times[Math.floor(RUNS / 2)] ?? 0;
  const verdict = median <= GOAL_MS ? "within" : "above";
  process.stdout.write(
    `import("codex-api"): median ${median.toFixed(1)} ms, fastest ${fastest.toFixed(1)} ms of ${RUNS} processes on Node ${process.versions.node}; ${verdict} the goal of ${GOAL_MS} ms\n`,
  );
  if (median > LIMIT_MS)
    throw new Error(`the import takes more than ${LIMIT_MS} ms: is something loaded that only a call needs?`);
});

function importOnce() {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", MEASURE], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (status !== 0) throw new Error(`import("codex-api") failed\n${stderr}`);
  const { ms, early } = JSON.parse(stdout);
  if (early.length > 0) throw new Error(`import("codex-api") loads what only a call needs: ${early.join(", ")}`);
  return ms;
}
