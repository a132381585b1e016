// `npm run test:bounds`: servers that never end what they send, and the memory that the client takes until it has enough.
import { fork } from "node:child_process";
import { join } from "node:path";
import { heardFrom, row } from "./child.mjs";
import { ready, root, runScript } from "./ready.mjs";

/** An event, a body and a message may have 64 MiB each: twice that, for when it is joined, and what the collector is late with. */
const MOST_BYTES = 192 * 1024 * 1024;
const COLUMNS = [36, 18, 16, 10];
const ATTACKER = join(root, "scripts", "bounds", "attacker.mjs");

await runScript(async () => {
  await ready();
  const lister = fork(ATTACKER);
  const ways = /** @type {string[]} */ (await heardFrom(lister));
  lister.disconnect();
  row(COLUMNS, ["endless", "ends as", "peak memory", "seconds"]);
  let broken = 0;
  for (const way of ways) if (!(await isBounded(way))) broken += 1;
  process.stdout.write(broken === 0 ? "all bounds hold\n" : `${broken} do not hold\n`);
  return broken === 0 ? 0 : 1;
});

/** @returns {Promise<boolean>} */
async function isBounded(/** @type {string} */ way) {
  const attacker = fork(ATTACKER, [way]);
  try {
    const url = String(await heardFrom(attacker));
    const client = fork(join(root, "scripts", "bounds", "client.mjs"), [way, url], {
      execArgv: ["--max-old-space-size=1024"],
      env: { PATH: process.env.PATH },
    });
    const { kind, beforeBytes, peakBytes, seconds } =
      /** @type {{ kind: string, beforeBytes: number, peakBytes: number, seconds: number }} */ (
        await heardFrom(client)
      );
    const grown = peakBytes - beforeBytes;
    const holds = grown <= MOST_BYTES && kind !== "none";
    const grownText = `+${Math.round(grown / 1024 / 1024)} MiB${holds ? "" : " TOO MUCH"}`;
    row(COLUMNS, [way, kind, grownText, seconds.toFixed(1)]);
    return holds;
  } catch (error) {
    row(COLUMNS, [way, String(error)]);
    return false;
  } finally {
    attacker.disconnect();
  }
}
