// `npm run import-time`: measures a cold `import("codex-wire")` in fresh processes, and `import("undici")` for comparison.
import { spawnSync } from "node:child_process";
import { ensureSuccess, ready, root, runScript } from "./ready.mjs";

const ROUNDS = 15;
/** The goal is 30 ms where undici takes 75. */
const GOAL = 0.4;
/** Far above the goal, because the machine may be busy; modules that are loaded too early are found by name. */
const LIMIT = 1;

await runScript(async () => {
  await ready();
  const rounds = Array.from({ length: ROUNDS }, () => ({
    ours: importOnce("codex-wire"),
    undici: importOnce("undici"),
  }));
  const early = rounds.flatMap(({ ours }) => ours.early);
  if (early.length > 0) throw new Error(`the import loads what only a call needs: ${[...new Set(early)].join(", ")}`);
  const ours = median(rounds.map((round) => round.ours.ms));
  const undici = median(rounds.map((round) => round.undici.ms));
  const ratio = ours / undici;
  process.stdout.write(
    `import("codex-wire"): ${ours.toFixed(1)} ms, import("undici"): ${undici.toFixed(1)} ms (medians of ${ROUNDS} processes each on Node ${process.versions.node}): ${ratio.toFixed(2)} x, ${ratio <= GOAL ? "within" : "above"} the goal of ${GOAL} x\n`,
  );
  if (ratio > LIMIT)
    throw new Error("the import takes longer than that of undici: is something loaded that only a call needs?");
});

/**
 * @param {string} name
 * @returns {{ ms: number, early: string[] }} `early`: modules for connections, which our import should not load.
 */
function importOnce(name) {
  const script = `
    const startedAt = performance.now();
    await import(${JSON.stringify(name)});
    const ms = performance.now() - startedAt;
    const early = process.moduleLoadList.filter((each) => /^NativeModule (http|https|http2)$|undici/.test(each));
    process.stdout.write(JSON.stringify({ ms, early }));`;
  const result = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  return JSON.parse(ensureSuccess(`import("${name}")`, result).stdout);
}

/** For an odd number of values. */
function median(/** @type {readonly number[]} */ values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
