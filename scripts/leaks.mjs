// `npm run test:leaks [-- --count=N --node=MAJOR --way=TEXT]`: each way of using the client 10,000 times, on Node 20, 24 and 26, and what is left.
import { fork } from "node:child_process";
import { join } from "node:path";
import { heardFrom, row } from "./child.mjs";
import { installNode, noOtherNode } from "./node-installs.mjs";
import { ready, root, runScript } from "./ready.mjs";

const MAJORS = [20, 24, 26];
/** What a garbage collector leaves to chance, of any count. */
const MOST_BYTES = 1_500_000;
const CLIENT = join(root, "scripts", "leaks", "client.mjs");
const COLUMNS = [10, 32, 10, 14, 14, 11, 9, 9];

/** @typedef {{ heapBytes: number, listeners: number, timers: number, sockets: number }} Left */

await runScript(async () => {
  await ready();
  const { count = "10000", node, way = "" } = choices(process.argv.slice(2));
  const majors = noOtherNode === undefined ? (node ? [Number(node)] : MAJORS) : [];
  const nodes = majors.length > 0 ? majors.map(installNode) : [process.execPath];
  row(COLUMNS, ["Node", "way", "times", "heap before", "heap after", "listeners", "timers", "sockets"]);
  let leaks = 0;
  for (const execPath of nodes)
    for (const name of await waysOn(execPath)) if (name.includes(way)) leaks += await measure(execPath, name, count);
  process.stdout.write(leaks === 0 ? "nothing leaks\n" : `${leaks} leak\n`);
  return leaks === 0 ? 0 : 1;
});

/** @returns {Promise<string[]>} */
async function waysOn(/** @type {string} */ execPath) {
  return /** @type {string[]} */ (await heardFrom(fork(CLIENT, ["--list", "0", "http://127.0.0.1:1"], { execPath })));
}

/** @returns {Promise<number>} 1 for a leak. */
async function measure(/** @type {string} */ execPath, /** @type {string} */ way, /** @type {string} */ count) {
  const server = fork(join(root, "scripts", "leaks", "server.mjs"), [], { execPath });
  try {
    const url = String(await heardFrom(server));
    const client = fork(CLIENT, [way, count, url], {
      execPath,
      execArgv: ["--expose-gc"],
      env: { PATH: process.env.PATH },
    });
    const { before, after } = /** @type {{ before: Left, after: Left }} */ (await heardFrom(client));
    const isLeak =
      after.heapBytes - before.heapBytes > MOST_BYTES ||
      after.listeners > before.listeners ||
      after.timers > before.timers ||
      after.sockets > before.sockets + 4;
    const [version] = /node-(\d+)/.exec(execPath)?.slice(1) ?? [process.version];
    row(COLUMNS, [
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

/** @returns {{ count?: string, node?: string, way?: string }} */
function choices(/** @type {readonly string[]} */ args) {
  return Object.fromEntries(
    args.map((argument) => {
      const [, name, value] = /^--(count|node|way)=(.+)$/.exec(argument) ?? [];
      if (name === undefined)
        throw new Error(`${argument} is unknown; there are --count=N, --node=MAJOR and --way=TEXT`);
      return [name, value];
    }),
  );
}
