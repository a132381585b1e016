// Runs clients beside each other: each run in a process of its own, taking turns, so that what else the machine does meets all of them alike.
import { fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./median.mjs";

/**
 * @typedef {{ origin: string, cpuMs(): Promise<number>, close(): void }} Server
 * @typedef {Record<string, number> & { seen?: { deltas: number, characters: number } }} Sample
 */

/** The other side of every benchmark. */
export function startServer() {
  return forkServer("server.mjs");
}

/**
 * A server in a process of its own, which tells its port, and its CPU time when asked.
 *
 * @param {string} script
 * @param {...string} args
 * @returns {Promise<Server>}
 */
export async function forkServer(script, ...args) {
  const process = fork(fileURLToPath(new URL(script, import.meta.url)), args, { env: cleanEnvironment() });
  const answer = () => new Promise((resolve) => process.once("message", resolve));
  const { port } = await answer();
  return {
    origin: `http://127.0.0.1:${port}`,
    async cpuMs() {
      const answered = answer();
      process.send("usage");
      return (await answered).cpuMs;
    },
    close: () => process.disconnect(),
  };
}

/**
 * @template {string} Name
 * @param {Server} server
 * @param {{ task: string, clients: readonly Name[], repetitions: number, options: (client: Name) => object, path?: string,
 *   slow?: readonly Name[] }} plan `slow`: clients that are run only once in three repetitions, the first included.
 * @returns {Promise<Record<Name, (Sample | undefined)[]>>} A client's samples by repetition.
 */
export async function takeTurns(server, { task, clients, repetitions, options, path = "", slow = [] }) {
  const samples = /** @type {Record<Name, (Sample | undefined)[]>} */ ({});
  for (const client of clients) samples[client] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    // There and back, so that no client always follows the same one.
    for (const client of repetition % 2 === 0 ? clients : [...clients].reverse()) {
      const rests = slow.includes(client) && repetition % 3 !== 0;
      const given = JSON.stringify(options(client));
      samples[client].push(rests ? undefined : await runClient([client, task, server.origin + path, given]));
    }
  }
  agree(samples);
  return samples;
}

/**
 * All clients at the same time, for those that leave most of a core idle: what else the machine does then slows all of them alike, and single
 * ratios lie within 5 % of each other where turns scatter by 20.
 *
 * @template {string} Name
 * @param {Server} server
 * @param {{ task: string, clients: readonly Name[], repetitions: number, options: object }} plan
 * @returns {Promise<Record<Name, Sample[]>>} A client's samples by repetition.
 */
export async function sideBySide(server, { task, clients, repetitions, options }) {
  const samples = /** @type {Record<Name, Sample[]>} */ ({});
  for (const client of clients) samples[client] = [];
  const given = JSON.stringify(options);
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const run = (/** @type {Name} */ client) => runClient([client, task, server.origin, given]);
    const round = await Promise.all(clients.map(run));
    for (const [index, client] of clients.entries()) samples[client].push(/** @type {Sample} */ (round[index]));
  }
  agree(samples);
  return samples;
}

/** @returns {Promise<Sample>} */
async function runClient(/** @type {readonly string[]} */ args) {
  const script = fileURLToPath(new URL("client.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", script, ...args], {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await outputOf(child, child.stdout, args.join(" ")));
}

/**
 * What a process wrote to one of its streams, once it has ended well.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {import("node:stream").Readable} stream
 * @param {string} what For the message where it did not.
 * @returns {Promise<string>}
 */
export function outputOf(child, stream, what) {
  return new Promise((resolve, reject) => {
    let output = "";
    stream.on("data", (text) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${what} ended with status ${status}`));
    });
  });
}

/** CA bundles and proxies of this machine are not part of the comparison. */
export function cleanEnvironment() {
  const { PATH, HOME, SystemRoot } = process.env;
  return { PATH, HOME, ...(SystemRoot ? { SystemRoot } : {}) };
}

/** A client that is quick because it loses something must not win. */
function agree(/** @type {Record<string, (Sample | undefined)[]>} */ samples) {
  const seen = Object.entries(samples).flatMap(([client, list]) =>
    list.flatMap((sample) => (sample?.seen?.deltas ? [[client, JSON.stringify(sample.seen)]] : [])),
  );
  const odd = seen.find(([, what]) => what !== seen[0]?.[1]);
  if (odd) throw new Error(`${odd[0]} saw ${odd[1]}, ${seen[0]?.[0]} saw ${seen[0]?.[1]}`);
}

export function medianOf(/** @type {readonly (Sample | undefined)[]} */ samples, /** @type {string} */ key) {
  return median(samples.flatMap((sample) => (sample ? [Number(sample[key])] : [])));
}

/**
 * The median of the ratios within each repetition, where one number was taken right after the other.
 *
 * @param {readonly (Sample | undefined)[]} samples
 * @param {readonly (Sample | undefined)[]} base
 * @param {string} key
 */
export function ratioOf(samples, base, key) {
  return median(
    samples.flatMap((sample, repetition) => {
      const other = base[repetition];
      return sample && other ? [Number(sample[key]) / Number(other[key])] : [];
    }),
  );
}
