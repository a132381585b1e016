// One client in a process of its own: `node --expose-gc client.mjs CLIENT TASK ORIGIN [OPTIONS]`. Prints what it measured as one line of JSON.
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./median.mjs";

/**
 * One response, read to its end. `onEvent` gets the text of a text delta, nothing for any other event; where it returns a promise the
 * reader waits for it.
 *
 * @typedef {(delta?: string) => Promise<unknown> | undefined | void} OnEvent
 * @typedef {{ read(model: string, onEvent: OnEvent, input?: string): Promise<unknown> }} Client
 * @typedef {{ compression?: "zstd", carrier?: "http", keep?: boolean, frames?: "compressed" | "plain" }} ClientOptions
 * @typedef {(origin: string, options?: ClientOptions) => Promise<Client>} Open
 * @typedef {{ cpuMs: number, wallMs: number, grownBytes: number }} Usage
 */

const WARM_UP = "long:60";

const TASKS = {
  /**
   * One long response, then the same again: the first pays for compilation, the later ones are what a process that lives sees. Between
   * them are some that do not count, since code is optimized, and given up again, for a while.
   *
   * @param {Client} client
   * @param {{ model: string, between: number, later: number }} options
   */
  async stream(client, { model, between, later }) {
    const usages = /** @type {Usage[]} */ ([]);
    let seen = { deltas: 0, characters: 0 };
    while (usages.length < 1 + between + later) {
      seen = { deltas: 0, characters: 0 };
      usages.push(await measured(() => client.read(model, (delta) => count(seen, delta))));
    }
    return {
      firstCpuMs: usages[0]?.cpuMs,
      youngCpuMs: inTheMiddle(usages.slice(3, 6)).cpuMs,
      ...inTheMiddle(usages.slice(1 + between)),
      streams: usages.length,
      seen,
    };
  },

  /** Many at once. */
  async streams(/** @type {Client} */ client, /** @type {{ model: string, streams: number }} */ { model, streams }) {
    const seen = { deltas: 0, characters: 0 };
    const read = () => client.read(model, (delta) => count(seen, delta));
    const usage = await measured(() => Promise.all(Array.from({ length: streams }, read)));
    return { ...usage, streamBytes: usage.grownBytes / streams, seen };
  },

  /** What each of many streams at once has in use while they run. */
  async held(/** @type {Client} */ client, /** @type {{ model: string, streams: number, afterMs: number }} */ options) {
    const { model, streams, afterMs } = options;
    globalThis.gc?.();
    const before = heldBytes();
    const reading = Promise.all(Array.from({ length: streams }, () => client.read(model, () => {})));
    await sleep(afterMs);
    globalThis.gc?.();
    await sleep(20); // the memory of buffers is given back by another thread
    globalThis.gc?.();
    const streamBytes = (heldBytes() - before) / streams;
    await reading;
    return { streamBytes };
  },

  /** From the sending of an event to its arrival at the caller. */
  async latency(/** @type {Client} */ client, /** @type {{ rounds: number }} */ { rounds }) {
    const delays = /** @type {number[]} */ ([]);
    for (let round = 0; round < rounds; round += 1) {
      await client.read("stamped", (delta) => {
        if (delta) delays.push(Number(process.hrtime.bigint() - BigInt(delta)) / 1e6);
      });
    }
    return { medianMs: median(delays.slice(rounds / 5)) };
  },

  /** From a call to its first event, on a connection that is kept. */
  async roundTrip(/** @type {Client} */ client, /** @type {{ rounds: number, inputBytes: number }} */ options) {
    const { rounds, inputBytes } = options;
    const input = history(inputBytes);
    const delays = /** @type {number[]} */ ([]);
    const { cpuMs } = await measured(async () => {
      for (let round = 0; round < rounds; round += 1) {
        const startedAt = performance.now();
        const onEvent = (/** @type {string | undefined} */ delta) => {
          if (delta) delays.push(performance.now() - startedAt);
        };
        await client.read("short", onEvent, input);
      }
    });
    return { medianMs: median(delays.slice(rounds / 5)), cpuMs: cpuMs / rounds };
  },

  /**
   * Reads a megabyte, rests, and so on: how far memory grows, and how much of that is in use while the reader rests for good and the
   * stream waits.
   */
  async slow(/** @type {Client} */ client, /** @type {{ model: string, forMs: number }} */ { model, forMs }) {
    const restMs = 5;
    let read = 0;
    let rests = 0;
    const until = performance.now() + forMs;
    globalThis.gc?.();
    const before = heldBytes();
    const usage = await measured(async () => {
      const reading = client.read(model, (delta) => {
        read += delta?.length ?? 0;
        if (performance.now() > until) return new Promise(() => {});
        if (read < (rests + 1) * 1e6) return;
        rests += 1;
        return sleep(restMs);
      });
      await Promise.race([reading, sleep(forMs + 200)]);
    });
    globalThis.gc?.();
    return { ...usage, heldBytes: heldBytes() - before, readMb: read / 1e6 };
  },

  /** What each connection holds that is open and idle after an answer. */
  async idle(/** @type {Client} */ client, /** @type {{ connections: number }} */ { connections }) {
    const { grownBytes } = await measured(async () => {
      for (let index = 0; index < connections; index += 1) await client.read("short", () => {});
      globalThis.gc?.();
    });
    return { connectionBytes: grownBytes / connections };
  },
};

function heldBytes() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function count(/** @type {{ deltas: number, characters: number }} */ seen, /** @type {string | undefined} */ delta) {
  if (delta === undefined) return;
  seen.deltas += 1;
  seen.characters += delta.length;
}

/**
 * CPU of the whole process, garbage collection and compilation on other threads included; memory is what it grew by at most. Garbage of
 * what came before is collected first, or it would be paid for here.
 *
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Usage>}
 */
async function measured(work) {
  globalThis.gc?.();
  await sleep(50);
  const rssBefore = process.memoryUsage.rss();
  let rss = rssBefore;
  const watch = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss());
  }, 100);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(watch);
  rss = Math.max(rss, process.memoryUsage.rss());
  return { cpuMs: (user + system) / 1000, wallMs, grownBytes: rss - rssBefore };
}

/** @param {Usage[]} usages @returns {Usage} */
function inTheMiddle(usages) {
  const of = (/** @type {keyof Usage} */ key) => median(usages.map((usage) => usage[key]));
  return { cpuMs: of("cpuMs"), wallMs: of("wallMs"), grownBytes: of("grownBytes") };
}

/** Text that compresses as a conversation does, not as a repeated letter. */
function history(/** @type {number} */ bytes) {
  let text = "";
  for (let line = 0; text.length < bytes; line += 1) {
    text += `${line}: the parser keeps ${(line * 2_654_435_761) % 4_294_967_296} until its end has come\n`;
  }
  return text.slice(0, bytes);
}

const [, , name = "", task = "", origin = "", json = "{}"] = process.argv;
const { client: clientOptions, ...options } = JSON.parse(json);
const { open } = /** @type {{ open: Open }} */ (await import(`./clients/${name}.mjs`));
const client = await open(origin, clientOptions);
// What is loaded on the first call does not count, here nor for the others.
await client.read(origin.includes("/only/") ? "short" : WARM_UP, () => {});
const result = await TASKS[/** @type {keyof typeof TASKS} */ (task)](client, options);
process.stdout.write(JSON.stringify(result), () => process.exit());
