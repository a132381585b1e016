import { medianOf, ratioOf, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";
import { EVENTS, LONG, RUN } from "./streams.mjs";

/** @typedef {import("./streams.mjs").Context} Context */

/** How cost grows with what a stream is made of, and with how many there are. */
export const growth = [withLength, withMix, withChunks, withEcho, withStreams];

/** @param {Context} context */
function withLength(context) {
  const models = [5_000, EVENTS, 200_000].map((count) => /** @type {const} */ ([`${count}`, `long:${count}`]));
  return streams(context, "events of a stream", models, (count) => Number(count));
}

/** @param {Context} context */
function withMix(context) {
  const mixes = ["text", "agent", "tools"];
  const models = mixes.map((mix) => /** @type {const} */ ([mix, `${LONG}:${mix}`]));
  return streams(context, "mix of events: all text, a coding agent's, nearly all tool input", models, () => EVENTS);
}

/** @param {Context} context */
function withChunks(context) {
  const sizes = ["1000", "16384", "65536", "event"];
  const models = sizes.map((size) => /** @type {const} */ ([size, `${LONG}:agent:${size}`]));
  return streams(context, "bytes of an HTTP chunk; `event`: each event is one", models, () => EVENTS);
}

/** @param {Context} context */
function withEcho(context) {
  const sizes = [0, 14_000, 50_000, 500_000];
  const models = sizes.map((bytes) => /** @type {const} */ ([`${bytes}`, `long:500:agent:16384:${bytes}`]));
  return streams(
    context,
    "bytes of instructions that `created`, `in_progress` and `completed` echo, 500 events",
    models,
    () => 500,
  );
}

/**
 * @param {Context} context
 * @param {string} what
 * @param {readonly (readonly [label: string, model: string])[]} models
 * @param {(label: string) => number} eventsOf
 * @returns {Promise<import("../report.mjs").Figure>}
 */
async function streams({ server, quick }, what, models, eventsOf) {
  const rows = [];
  for (const [label, model] of models) {
    const samples = await takeTurns(server, {
      task: "stream",
      clients: ["floor", "ours"],
      repetitions: quick ? 1 : 5,
      options: () => ({ model, ...RUN }),
    });
    const cpuMs = medianOf(samples.ours, "cpuMs");
    rows.push([
      label,
      digits(cpuMs),
      digits((cpuMs * 1000) / eventsOf(label)),
      digits(ratioOf(samples.ours, samples.floor, "cpuMs")),
    ]);
  }
  return { title: `Growth with the ${what}`, head: ["", "CPU in ms", "us an event", "to the floor"], rows };
}

/** @returns {Promise<import("../report.mjs").Figure>} */
async function withStreams(/** @type {Context} */ { server, quick }) {
  const seconds = quick ? 2 : 4;
  const rows = [];
  for (const count of [1, 100, 500, 1000]) {
    const samples = await takeTurns(server, {
      task: "streams",
      clients: ["floor", "ours"],
      repetitions: quick ? 1 : 3,
      options: () => ({ model: `paced:${seconds}`, streams: count }),
    });
    const cpuMs = medianOf(samples.ours, "cpuMs");
    rows.push([
      String(count),
      digits(cpuMs),
      digits((cpuMs * 1000) / (count * seconds * 20)),
      digits(ratioOf(samples.ours, samples.floor, "cpuMs")),
      digits(medianOf(samples.ours, "streamBytes") / 1000),
    ]);
  }
  return {
    title: `Growth with the streams at once, 20 events a second each, ${seconds} s`,
    head: ["", "CPU in ms", "us an event", "to the floor", "kB a stream"],
    rows,
  };
}
