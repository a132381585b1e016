import { medianOf, takeTurns } from "../measure.mjs";
import { NAMES } from "./streams.mjs";

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function firstEvent(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["floor", "ours", "openai", "ai-sdk"]);
  const samples = await takeTurns(server, {
    task: "latency",
    clients,
    repetitions: quick ? 2 : 7,
    options: () => ({ rounds: quick ? 100 : 250 }),
  });
  const delay = (/** @type {(typeof clients)[number]} */ client) => medianOf(samples[client], "medianMs");
  return {
    title: "First event, from its sending by the server to the caller's loop, median in ms",
    head: ["client", "ms"],
    rows: clients.map((client) => [NAMES[client] ?? client, delay(client).toFixed(3)]),
    checks: [
      { what: "later than the floor", value: delay("ours") - delay("floor"), limit: 0.05, unit: "ms" },
      { what: "to openai", value: delay("ours") / delay("openai"), limit: 1, unit: "x" },
    ],
  };
}

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function roundTrip(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["floor", "ours", "openai"]);
  const samples = await takeTurns(server, {
    task: "roundTrip",
    clients,
    repetitions: quick ? 2 : 5,
    options: () => ({ rounds: quick ? 200 : 1000, inputBytes: 1000 }),
  });
  return {
    title: "From the call to its first event on a kept connection, and CPU of a whole short request",
    head: ["client", "ms", "CPU in ms"],
    rows: clients.map((client) => [
      NAMES[client] ?? client,
      medianOf(samples[client], "medianMs").toFixed(3),
      medianOf(samples[client], "cpuMs").toFixed(3),
    ]),
  };
}

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function compression(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const inputBytes = 560_000;
  const measure = (/** @type {object} */ client) =>
    takeTurns(server, {
      task: "roundTrip",
      clients: ["ours"],
      repetitions: quick ? 1 : 3,
      // A compressed body cannot name what it wants.
      path: "/only/short",
      options: () => ({ rounds: 60, inputBytes, client }),
    });
  const rows = [];
  for (const coding of ["none", "zstd"]) {
    const { ours } = await measure(coding === "none" ? {} : { compression: coding });
    rows.push([coding, medianOf(ours, "medianMs").toFixed(2), medianOf(ours, "cpuMs").toFixed(2)]);
  }
  return {
    title: `A request of ${inputBytes / 1000} kB, from the call to its first event`,
    head: ["coding", "ms", "CPU in ms"],
    rows,
  };
}
