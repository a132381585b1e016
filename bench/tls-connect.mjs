// What a CA bundle costs each TLS connection: with a bundle of 144 roots, without one, and with the bundle given to Node as `ca`.
// `node bench/tls-connect.mjs` after `npm run build`; `run()` for a whole set of benchmarks.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import tls from "node:tls";
import { fileURLToPath, pathToFileURL } from "node:url";
import { median } from "./median.mjs";

const NAME = "TLS connection with a bundle of 144 roots";
const GOAL = 1.2;
const BUNDLE_SIZE = 144;
const WARM_UP_ROUNDS = 20;
const ROUNDS = 200;
const self = fileURLToPath(import.meta.url);

/** The ways to connect; `ours` and `baseline` are this package's client with and without the bundle. */
const KINDS = /** @type {const} */ (["ours", "baseline", "node", "naive"]);
/** @typedef {Record<(typeof KINDS)[number], number[]>} Times Milliseconds, one number a round. */

/**
 * One client process and one server process; a round makes one connection of each kind.
 *
 * @param {number} [rounds] Default 200.
 * @returns {Promise<{ name: string, ours: number, baseline: number, ratio: number, goal: number, holds: boolean, notes: readonly string[] }>}
 *   `ours` and `baseline` are medians in milliseconds; `ratio` is the median of the rounds' own ratios.
 */
export async function run(rounds = ROUNDS) {
  const folder = mkdtempSync(join(tmpdir(), "codex-wire-bench-"));
  const server = spawn(process.execPath, [self, "serve"], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const { port, authority } = JSON.parse(await firstLine(server.stdout));
    const authorityPath = join(folder, "authority.pem");
    const bundlePath = join(folder, "bundle.pem");
    writeFileSync(authorityPath, authority);
    writeFileSync(bundlePath, [...tls.rootCertificates.slice(0, BUNDLE_SIZE - 1), authority].join("\n"));
    // Where there is no bundle the server is trusted as an ordinary root, which Node takes at the start of a process.
    const client = spawn(process.execPath, [self, "measure", String(port), bundlePath, String(rounds)], {
      env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authorityPath },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { times, firstMs } = JSON.parse(await firstLine(client.stdout));
    return summary(times, firstMs);
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

function summary(/** @type {Times} */ times, /** @type {number} */ firstMs) {
  const ratioOf = (/** @type {keyof Times} */ kind) =>
    median(times[kind].map((time, round) => time / (times.baseline[round] ?? time)));
  const described = (/** @type {keyof Times} */ kind) =>
    `${median(times[kind]).toFixed(2)} ms, ${ratioOf(kind).toFixed(2)} x`;
  const ratio = ratioOf("ours");
  return {
    name: NAME,
    ours: median(times.ours),
    baseline: median(times.baseline),
    ratio,
    goal: GOAL,
    holds: ratio <= GOAL,
    notes: [
      `the process's first connection, which reads the bundle and builds the shared context: ${firstMs.toFixed(1)} ms`,
      `Node's tls.connect without a bundle: ${described("node")}`,
      `Node's tls.connect with the roots and the bundle as \`ca\`: ${described("naive")}`,
    ],
  };
}

async function serve() {
  const { startEmulator } = await fromDist("emulator");
  const emulator = await startEmulator({ tls: true });
  process.stdout.write(
    `${JSON.stringify({ port: Number(new URL(emulator.origin).port), authority: emulator.caPem })}\n`,
  );
  process.stdin.once("end", () => emulator.close()).resume();
}

/**
 * @param {number} port
 * @param {string} bundlePath
 * @param {number} rounds
 */
async function measure(port, bundlePath, rounds) {
  const { createDialer, createTrust } = await fromDist("client");
  const extra = { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS };
  const dialWith = (/** @type {NodeJS.ProcessEnv} */ env) => {
    const dialer = createDialer({ trust: createTrust({ env }), env: {} });
    return () => dialer.dial({ protocol: "https:", hostname: "127.0.0.1", port });
  };
  const connectWith = (/** @type {tls.ConnectionOptions} */ options) => async () => {
    const socket = tls.connect({ host: "127.0.0.1", port, ...options });
    await once(socket, "secureConnect");
    return socket;
  };
  const connect = {
    ours: dialWith({ CODEX_CA_CERTIFICATE: bundlePath }),
    baseline: dialWith(extra),
    node: connectWith({}),
    naive: connectWith({ ca: [...tls.rootCertificates, readFileSync(bundlePath, "utf8")] }),
  };
  /** @type {Times} */
  const times = { ours: [], baseline: [], node: [], naive: [] };
  const firstMs = await timed(connect.ours);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    // There and back: each of the two that are compared goes first half of the time, and neither follows the one that leaves much behind.
    for (const kind of round % 2 === 0 ? KINDS : [...KINDS].reverse()) {
      const time = await timed(connect[kind]);
      if (round >= 0) times[kind].push(time);
    }
  }
  process.stdout.write(`${JSON.stringify({ times, firstMs })}\n`);
}

/** @param {() => Promise<import("node:net").Socket>} connect */
async function timed(connect) {
  const startedAt = performance.now();
  const socket = await connect();
  const time = performance.now() - startedAt;
  socket.destroy();
  await once(socket, "close"); // so that the end of one connection is not part of the next
  return time;
}

/** @param {"client" | "emulator"} entry */
function fromDist(entry) {
  return import(new URL(`../dist/${entry}.js`, import.meta.url).href);
}

/** @param {import("node:stream").Readable} stream */
async function firstLine(stream) {
  for await (const line of createInterface(stream)) return line;
  throw new Error("the other process ended without a word");
}

async function main() {
  const [role, port, bundlePath, rounds] = process.argv.slice(2);
  if (role === "serve") return serve();
  if (role === "measure") return measure(Number(port), bundlePath ?? "", Number(rounds));
  const { name, ours, baseline, ratio, goal, holds, notes } = await run();
  console.log(`${name}: ${ours.toFixed(2)} ms, without ${baseline.toFixed(2)} ms; ${ratio.toFixed(2)} x`);
  console.log(`goal at most ${goal} x: ${holds ? "holds" : "MISSED"}`);
  for (const note of notes) console.log(note);
  if (!holds) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
