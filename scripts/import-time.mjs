// `npm run import-time`: how long a cold `import("codex-wire")` takes, beside the whole of undici, in fresh processes.
import { spawnSync } from "node:child_process";
import { ready, root, runScript } from "./ready.mjs";

const ROUNDS = 15;
/** The goal is 30 ms where undici takes 75. */
const GOAL = 0.4;
/** Far from the goal, because a machine may be busy with other things; what is loaded too early is judged by name. */
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
    throw new Error("the import takes longer than all of undici: is something loaded that only a call needs?");
});

/**
 * @param {string} name
 * @returns {{ ms: number, early: string[] }} `early`: modules of a connection, which no import of ours should load.
 */
function importOnce(name) {
  const script = `
    const startedAt = performance.now();
    await import(${JSON.stringify(name)});
    const ms = performance.now() - startedAt;
    const early = process.moduleLoadList.filter((each) => /^NativeModule (http|https|http2)$|undici/.test(each));
    process.stdout.write(JSON.stringify({ ms, early }));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (status !== 0) throw new Error(`import("${name}") failed\n${stderr}`);
  return JSON.parse(stdout);
}

/** The middle one of an odd number. */
function median(/** @type {readonly number[]} */ values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
