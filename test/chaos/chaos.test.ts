import { afterAll, expect, it } from "vitest";
import { ChaosWorld, runSchedule, type Verdict } from "../support/chaos/schedule.ts";

// `npm run test:chaos` runs more of them, or the one that failed.
const FIRST = Number(process.env.CHAOS_SEED ?? 1);
const COUNT = Number(process.env.CHAOS_SCHEDULES ?? 200);
/** At the same time: most of a schedule is waiting. */
const LANES = 12;

const world = new ChaosWorld();
afterAll(() => world.close());

it(`${COUNT} schedules on a hostile network end whole or in a typed error, and say nothing that was not meant`, {
  timeout: 60_000 + COUNT * 500,
}, async () => {
  const failed: Verdict[] = [];
  const outcomes = new Map<string, number>();
  const lastSeed = FIRST + COUNT;
  let seed = FIRST;
  const lane = async (): Promise<void> => {
    while (seed < lastSeed && failed.length < 5) {
      const verdict = await runSchedule(seed++, world);
      if (verdict.faults.length > 0) failed.push(verdict);
      for (const call of verdict.calls) {
        const outcome = `${verdict.plan.client} ${call.split(":", 2).join(":")}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (process.env.CHAOS_REPORT) {
    const lines = [...outcomes].sort(([, one], [, other]) => other - one).map(([name, count]) => `${count}\t${name}`);
    process.stdout.write(`\n${lines.join("\n")}\n`);
  }
  for (const { plan } of failed)
    process.stdout.write(`\nseed ${plan.seed} failed; again: npm run test:chaos -- --seed=${plan.seed}\n`);
  expect(failed).toEqual([]);
  // A network that lets nothing through would show nothing.
  if (COUNT > 50) expect(outcomes.get("session call: done")).toBeGreaterThan(COUNT / 4);
});
