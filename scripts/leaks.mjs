// `npm run test:leaks [-- --count=N --node=MAJOR --way=TEXT]`: uses the client 10,000 times in each way, on Node 20, 24 and 26, and prints what memory,
// listeners, timers and sockets are left.
import { fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { firstMessage } from "./child-processes.mjs";
import { installNode, noOtherNode } from "./outside/node-installs.mjs";
import { ready, root, runScript } from "./ready.mjs";
import { printRow } from "./table.mjs";

const MAJORS = [20, 24, 26];
/** The heap varies by this much with the garbage collector, however often the client was used. */
const MOST_BYTES = 1_500_000;
const CLIENT = join(root, "scripts", "leaks", "client.mjs");
const COLUMNS = [10, 32, 10, 14, 14, 11, 9, 9];

/** @typedef {{ heapBytes: number, listeners: number, timers: number, sockets: number }} Left */

await runScript(async () => {
  const options = /** @type {const} */ ({
    count: { type: "string", default: "10000" },
    node: { type: "string" },
    way: { type: "string", default: "" },
  });
  const { count, node, way } = parseArgs({ options }).values;
  if (!/^\d+$/.test(count)) throw new Error(`--count takes a whole number, not ${count}`);
  await ready();
  const majors = noOtherNode === undefined ? (node ? [Number(node)] : MAJORS) : [];
  const nodes = majors.length > 0 ? majors.map(installNode) : [process.execPath];
  printRow(COLUMNS, ["Node", "way", "times", "heap before", "heap after", "listeners", "timers", "sockets"]);
  let leaks = 0;
  for (const execPath of nodes)
    for (const name of await waysOn(execPath)) if (name.includes(way)) leaks += await measure(execPath, name, count);
  process.stdout.write(leaks === 0 ? "no leaks\n" : `leaks in ${leaks} rows\n`);
  return leaks === 0 ? 0 : 1;
});

/** @returns {Promise<string[]>} */
async function waysOn(/** @type {string} */ execPath) {
  return /** @type {string[]} */ (
    await firstMessage(fork(CLIENT, ["--list", "0", "http://127.0.0.1:1"], { execPath }))
  );
}

/** @returns {Promise<number>} 1 for a leak. */
async function measure(/** @type {string} */ execPath, /** @type {string} */ way, /** @type {string} */ count) {
  const server = fork(join(root, "scripts", "leaks", "server.mjs"), [], { execPath });
  try {
    const url = String(await firstMessage(server));
    const client = fork(CLIENT, [way, count, url], {
      execPath,
      execArgv: ["--expose-gc"],
      env: { PATH: process.env.PATH },
    });
    const { before, after } = /** @type {{ before: Left, after: Left }} */ (await firstMessage(client));
    const isLeak =
      after.heapBytes - before.heapBytes > MOST_BYTES ||
      after.listeners > before.listeners ||
      after.timers > before.timers ||
      after.sockets > before.sockets + 4;
    const [version] = /node-(\d+)/.exec(execPath)?.slice(1) ?? [process.version];
    printRow(COLUMNS, [
      version ?? "",
      way,
      count,
      megabytes(before.heapBytes),
      megabytes(after.heapBytes),
      `${after.listeners}`,
      `${after.timers}`,
      `${after.sockets}${isLeak ? " LEAK" : ""}`,
    ]);
    return isLeak ? 1 : 0;
  } finally {
    server.disconnect();
  }
}

function megabytes(/** @type {number} */ bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
