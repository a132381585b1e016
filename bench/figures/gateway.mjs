import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanEnvironment, forkServer, medianOf, ratioOf, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";
import { installCodex } from "./codex.mjs";

const SECONDS = 6;
const MODEL = `paced:${SECONDS}`;

/** @typedef {import("../measure.mjs").Server} Server */

const NAMES = {
  direct: "nothing between",
  plain: "a plain Node forwarder",
  "gateway-http": "codex-wire gateway, over HTTP",
  gateway: "codex-wire gateway, over WebSockets",
  rust: "the reference's responses-api-proxy",
};

/** @returns {Promise<import("../report.mjs").Figure>} */
export function gateway(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  return between(server, quick, {});
}

/**
 * The same beside the reference's own, which is in the 400 MB of its program.
 *
 * @returns {Promise<import("../report.mjs").Figure>}
 */
export async function codexProxy(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  return between(server, quick, { rust: await startReferenceProxy(installCodex(), server.origin) });
}

/**
 * @param {Server} server
 * @param {boolean} quick
 * @param {Readonly<Record<string, Server>>} others
 */
async function between(server, quick, others) {
  const names = /** @type {const} */ (["plain", "gateway-http", "gateway"]);
  const started = await Promise.all(names.map((name) => forkServer("forwarder.mjs", name, server.origin)));
  const forwarders = { ...others, ...Object.fromEntries(names.map((name, index) => [name, started[index]])) };
  try {
    return await compared(server, forwarders, quick);
  } finally {
    for (const forwarder of Object.values(forwarders)) forwarder?.close();
  }
}

/**
 * Streams at 20 events a second, whose reader throws the bytes away; and a short request from the call to its first event.
 *
 * @param {Server} server
 * @param {Readonly<Record<string, Server | undefined>>} forwarders
 * @param {boolean} quick
 * @returns {Promise<import("../report.mjs").Figure>}
 */
async function compared(server, forwarders, quick) {
  const streams = quick || forwarders.rust ? 50 : 200; // the reference's own does not answer 200 at a time
  /** @type {Record<string, { cpuMs: number }[]>} */
  const cpu = Object.fromEntries(Object.keys(forwarders).map((name) => [name, []]));
  /** @type {Record<string, import("../measure.mjs").Sample[]>} */
  const first = Object.fromEntries(["direct", ...Object.keys(forwarders)].map((name) => [name, []]));
  const all = Object.entries(forwarders).flatMap(([name, each]) => (each ? [/** @type {const} */ ([name, each])] : []));
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    const turns = round % 2 === 0 ? all : [...all].reverse();
    for (const [name, forwarder] of turns) {
      if (round === 0) await load(forwarder, "stream", { model: "long:60", between: 1, later: 20 }); // until the compiler is done with it
      const before = await forwarder.cpuMs();
      await load(forwarder, "streams", { model: MODEL, streams });
      cpu[name]?.push({ cpuMs: ((await forwarder.cpuMs()) - before) / streams });
    }
    for (const [name, forwarder] of [/** @type {const} */ (["direct", server]), ...turns])
      first[name]?.push(await load(forwarder, "roundTrip", { rounds: quick ? 200 : 1000, inputBytes: 1000 }));
  }
  const added = (/** @type {string} */ name) =>
    medianOf(first[name] ?? [], "medianMs") - medianOf(first.direct ?? [], "medianMs");
  const ratio = (/** @type {string} */ name) => ratioOf(cpu[name] ?? [], cpu.plain ?? [], "cpuMs");
  return {
    title: `A forwarder between: CPU of its process for a stream of ${SECONDS * 20} events at 20 a second (${streams} at a time), and what it adds to the first event of a short request`,
    head: ["between", "CPU in ms a stream", "to plain", "first event in ms", "added"],
    rows: ["direct", ...all.map(([name]) => name)].map((name) => [
      NAMES[/** @type {keyof typeof NAMES} */ (name)],
      digits(name === "direct" ? Number.NaN : medianOf(cpu[name] ?? [], "cpuMs")),
      digits(name === "direct" ? Number.NaN : ratio(name)),
      medianOf(first[name] ?? [], "medianMs").toFixed(3),
      name === "direct" ? "-" : added(name).toFixed(3),
    ]),
    checks: [
      { what: "CPU a stream, over WebSockets, to a plain forwarder", value: ratio("gateway"), limit: 1.2, unit: "x" },
      { what: "added to the first event, over WebSockets", value: added("gateway"), limit: 0.5, unit: "ms" },
    ],
    notes: ["the plain one pipes bytes and knows nothing of them; the client reads each through the same undici"],
  };
}

/** @returns {Promise<import("../measure.mjs").Sample>} */
async function load(/** @type {Server} */ server, /** @type {string} */ task, /** @type {object} */ options) {
  const client = task === "roundTrip" ? "floor" : "bytes";
  const samples = await takeTurns(server, { task, clients: [client], repetitions: 1, options: () => options });
  return /** @type {import("../measure.mjs").Sample} */ (samples[client]?.[0]);
}

/** @returns {Promise<Server>} */
async function startReferenceProxy(/** @type {string} */ program, /** @type {string} */ origin) {
  const folder = mkdtempSync(join(tmpdir(), "codex-proxy-"));
  const info = join(folder, "info.json");
  const watcher = watch(folder);
  const written = once(watcher, "change");
  const args = ["responses-api-proxy", "--server-info", info, "--upstream-url", `${origin}/v1/responses`];
  const child = spawn(program, args, {
    env: { ...cleanEnvironment(), CODEX_HOME: folder },
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.end("inside");
  await written;
  watcher.close();
  let text = "";
  while (!text.includes("}")) text = readFileSync(info, "utf8");
  const ticks = 10; // milliseconds, as Linux counts them
  return {
    origin: `http://127.0.0.1:${JSON.parse(text).port}`,
    async cpuMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) * ticks;
    },
    close() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
