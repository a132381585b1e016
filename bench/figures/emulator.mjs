import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanEnvironment, medianOf, ratioOf } from "../measure.mjs";
import { peer } from "../modules.mjs";
import { digits } from "../report.mjs";

const NAMES = /** @type {const} */ ({ ours: "codex-wire emulator", aimock: "@copilotkit/aimock" });
const EMULATORS = /** @type {const} */ (["ours", "aimock"]);
const AT_ONCE = 32;
const PACED_STREAMS = 1000;
/** Until Node has compiled what runs: of the first two thousand requests, that costs more than the requests. */
const WARM_UP_REQUESTS = 4000;
const WARM_UP_STREAMS = 2000;
/** Of a core's time, while the streams run. */
const PACED_SECONDS = 5;

const KEYS = ["requestsPerSecond", "requestCpuMs", "streamsPerSecond", "streamCpuMs", "pacedCpu", "pacedEventCpuUs"];

/** @typedef {(typeof EMULATORS)[number]} Emulator */
/** @typedef {{ url: string, cpuMs(): Promise<number>, close(): void }} Running */

/**
 * Both emulators side by side: answers with one body, streams, and a thousand streams that are paced. Each round has both, taking turns to be the
 * first, since whatever else the machine does is not the same from minute to minute.
 *
 * @returns {Promise<import("../report.mjs").Figure>}
 */
export async function emulators(/** @type {{ quick: boolean }} */ { quick }) {
  const samples = /** @type {Record<Emulator, import("../measure.mjs").Sample[]>} */ ({ ours: [], aimock: [] });
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    for (const name of round % 2 === 0 ? EMULATORS : [...EMULATORS].reverse()) {
      samples[name].push(await measure(name, quick ? 0.3 : 1));
    }
  }
  const of = (/** @type {Emulator} */ name, /** @type {string} */ key) => digits(medianOf(samples[name], key));
  const times = (/** @type {string} */ key) => ratioOf(samples.ours, samples.aimock, key);
  const ahead = { limit: 1, unit: "x", atLeast: true };
  return {
    title: `emulators: requests and streams of 40 deltas a second, ${AT_ONCE} at once; CPU of a core with ${PACED_STREAMS} streams at 20 events a second`,
    head: ["emulator", "requests/s", "CPU ms each", "streams/s", "CPU ms each", "paced, CPU %", "CPU µs an event"],
    rows: EMULATORS.map((name) => [NAMES[name], ...KEYS.map((key) => of(name, key))]),
    checks: [
      { what: "requests a second of CPU to aimock", value: 1 / times("requestCpuMs"), ...ahead },
      { what: "streams a second of CPU to aimock", value: 1 / times("streamCpuMs"), ...ahead },
      { what: "CPU with paced streams", value: medianOf(samples.ours, "pacedCpu"), limit: 35, unit: "% of a core" },
      { what: "CPU of a paced event to aimock", value: times("pacedEventCpuUs"), limit: 1, unit: "x" },
    ],
    notes: [
      `events in ${PACED_SECONDS} s of paced streams: ${EMULATORS.map((name) => `${NAMES[name]} ${of(name, "pacedEvents")}`).join(", ")}`,
    ],
  };
}

/** @returns {Promise<import("../measure.mjs").Sample>} */
async function measure(/** @type {Emulator} */ name, /** @type {number} */ share) {
  const { Pool } = await peer("undici");
  const running = await start(name);
  const pool = new Pool(new URL(running.url).origin, { connections: AT_ONCE, headersTimeout: 0, bodyTimeout: 0 });
  const path = `${new URL(running.url).pathname}/responses`;
  try {
    const rate = async (/** @type {object} */ request, /** @type {number} */ count) => {
      const body = JSON.stringify({ model: "gpt-5.5", ...request });
      let left = count;
      const worker = async () => {
        while (left > 0) {
          left -= 1;
          await sent(pool, path, body);
        }
      };
      const cpuBefore = await running.cpuMs();
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      const wallMs = performance.now() - startedAt;
      return { perSecond: (count / wallMs) * 1000, cpuMs: ((await running.cpuMs()) - cpuBefore) / count };
    };
    const unary = { input: "short" };
    const stream = { input: "stream", stream: true };
    await rate(unary, WARM_UP_REQUESTS);
    await rate(stream, WARM_UP_STREAMS);
    const requests = await rate(unary, 6000 * share);
    const streams = await rate(stream, 3000 * share);
    const paced = await pacedStreams(running, path);
    return {
      requestsPerSecond: requests.perSecond,
      requestCpuMs: requests.cpuMs,
      streamsPerSecond: streams.perSecond,
      streamCpuMs: streams.cpuMs,
      ...paced,
    };
  } finally {
    await pool.destroy();
    running.close();
  }
}

/** CPU between two moments when all of them run. */
async function pacedStreams(/** @type {Running} */ running, /** @type {string} */ path) {
  const { Pool } = await peer("undici");
  const pool = new Pool(new URL(running.url).origin, { connections: PACED_STREAMS, headersTimeout: 0, bodyTimeout: 0 });
  const body = JSON.stringify({ model: "gpt-5.5", input: "paced", stream: true });
  const seen = { begun: 0, events: 0 };
  try {
    for (let count = 0; count < PACED_STREAMS; count += 1) void sent(pool, path, body, seen).catch(() => {});
    while (seen.begun < PACED_STREAMS) await sleep(10);
    const [cpuBefore, eventsBefore, startedAt] = [await running.cpuMs(), seen.events, performance.now()];
    await sleep(PACED_SECONDS * 1000);
    const wallMs = performance.now() - startedAt;
    const cpuMs = (await running.cpuMs()) - cpuBefore;
    const pacedEvents = seen.events - eventsBefore;
    return { pacedCpu: (cpuMs / wallMs) * 100, pacedEvents, pacedEventCpuUs: (cpuMs / pacedEvents) * 1000 };
  } finally {
    await pool.destroy();
  }
}

/** One request, its answer thrown away. */
function sent(
  /** @type {any} */ pool,
  /** @type {string} */ path,
  /** @type {string} */ body,
  /** @type {{ begun: number, events: number }} */ seen = { begun: 0, events: 0 },
) {
  return new Promise((resolve, reject) => {
    pool.dispatch(
      { method: "POST", path, body, headers: { "content-type": "application/json" } },
      {
        onConnect() {},
        onHeaders(/** @type {number} */ status) {
          seen.begun += 1;
          if (status !== 200) reject(new Error(`status ${status}`));
          return true;
        },
        onData(/** @type {Buffer} */ chunk) {
          for (let at = chunk.indexOf("\n\n"); at !== -1; at = chunk.indexOf("\n\n", at + 2)) seen.events += 1;
          return true;
        },
        onComplete: () => resolve(undefined),
        onError: reject,
      },
    );
  });
}

/** @returns {Promise<Running>} */
async function start(/** @type {Emulator} */ name) {
  const child = fork(fileURLToPath(new URL("../emulators.mjs", import.meta.url)), [name], { env: cleanEnvironment() });
  const answer = () => new Promise((resolve) => child.once("message", resolve));
  const { url } = await answer();
  return {
    url,
    async cpuMs() {
      const answered = answer();
      child.send("usage");
      return (await answered).cpuMs;
    },
    close: () => child.disconnect(),
  };
}
