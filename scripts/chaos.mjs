// `npm run test:chaos [-- --schedules=N --seed=N]`: 10,000 schedules on a hostile network, or the one of a seed.
import { runNode } from "./foreground.mjs";
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
