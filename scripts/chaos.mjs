// `npm run test:chaos [-- --schedules=N --seed=N]`: 10,000 random schedules on a network that fails in every way, or the schedule of one seed.
import { runNode } from "./child-processes.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

const { seed, schedules = seed === undefined ? "10000" : "1" } = choices(process.argv.slice(2));

await runScript(async () => {
  await ready();
  const env = { ...process.env, CHAOS_SCHEDULES: schedules, CHAOS_SEED: seed ?? "1", CHAOS_REPORT: "1" };
  return runNode([binary("vitest"), "run", "test/chaos"], { cwd: root, env });
});

/** @returns {{ seed?: string, schedules?: string }} */
function choices(/** @type {readonly string[]} */ args) {
  return Object.fromEntries(
    args.map((argument) => {
      const [, name = "", value = ""] = /^--(seed|schedules)=(\d+)$/.exec(argument) ?? [];
      if (name === "") throw new Error(`${argument} is unknown; there are --seed=N and --schedules=N`);
      return [name, value];
    }),
  );
}
