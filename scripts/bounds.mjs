// `npm run test:bounds`: servers whose answers never end, and how much memory the client uses until it gives up.
import { fork } from "node:child_process";
import { join } from "node:path";
import { firstMessage } from "./child-processes.mjs";
import { ready, root, runScript } from "./ready.mjs";
import { printRow } from "./table.mjs";

/** An event, a body and a message may have 64 MiB each: twice that while it is joined, and as much for what the garbage collector has not freed yet. */
const MOST_BYTES = 192 * 1024 * 1024;
const COLUMNS = [36, 18, 16, 10];
const ATTACKER = join(root, "scripts", "bounds", "attacker.mjs");

await runScript(async () => {
  await ready();
  const lister = fork(ATTACKER);
  const ways = /** @type {string[]} */ (await firstMessage(lister));
  lister.disconnect();
  printRow(COLUMNS, ["endless", "ends as", "peak memory", "seconds"]);
  let broken = 0;
  for (const way of ways) if (!(await isBounded(way))) broken += 1;
  process.stdout.write(broken === 0 ? "all bounds hold\n" : `${broken} bounds do not hold\n`);
  return broken === 0 ? 0 : 1;
});

/** @returns {Promise<boolean>} */
async function isBounded(/** @type {string} */ way) {
  const attacker = fork(ATTACKER, [way]);
  try {
    const url = String(await firstMessage(attacker));
    const client = fork(join(root, "scripts", "bounds", "client.mjs"), [way, url], {
      execArgv: ["--max-old-space-size=1024"],
      env: { PATH: process.env.PATH },
    });
    const { kind, beforeBytes, peakBytes, seconds } =
      /** @type {{ kind: string, beforeBytes: number, peakBytes: number, seconds: number }} */ (
        await firstMessage(client)
      );
    const grown = peakBytes - beforeBytes;
    const holds = grown <= MOST_BYTES && kind !== "none";
    const grownText = `+${Math.round(grown / 1024 / 1024)} MiB${holds ? "" : " TOO MUCH"}`;
    printRow(COLUMNS, [way, kind, grownText, seconds.toFixed(1)]);
    return holds;
  } catch (error) {
    printRow(COLUMNS, [way, String(error)]);
    return false;
  } finally {
    attacker.disconnect();
  }
}
