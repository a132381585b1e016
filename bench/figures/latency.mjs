import zlib from "node:zlib";
import { medianOf, ratioOf, takeTurns } from "../measure.mjs";
import { NAMES } from "./streams.mjs";

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function firstEvent(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["floor", "ours", "openai", "ai-sdk"]);
  const samples = await takeTurns(server, {
    task: "latency",
    clients,
    repetitions: quick ? 1 : 7,
    options: () => ({ rounds: quick ? 60 : 250 }),
  });
  const delay = (/** @type {(typeof clients)[number]} */ client) => medianOf(samples[client], "medianMs");
  return {
    title: "First event, from its sending by the server to the caller's loop, median in ms",
    head: ["client", "ms"],
    rows: clients.map((client) => [NAMES[client] ?? client, delay(client).toFixed(3)]),
    checks: [
      { what: "later than the floor", value: delay("ours") - delay("floor"), limit: 0, unit: "ms" },
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
    options: () => ({ rounds: quick ? 300 : 2000, inputBytes: 1000 }),
  });
  const ratio = (/** @type {(typeof clients)[number]} */ other) => ratioOf(samples.ours, samples[other], "medianMs");
  return {
    title: "From the call to its first event on a kept connection, and CPU of a whole short request",
    head: ["client", "ms", "CPU in ms"],
    rows: clients.map((client) => [
      NAMES[client] ?? client,
      medianOf(samples[client], "medianMs").toFixed(3),
      medianOf(samples[client], "cpuMs").toFixed(3),
    ]),
    checks: [
      { what: "to bare undici", value: ratio("floor"), limit: 1.5, unit: "x" },
      { what: "to openai", value: ratio("openai"), limit: 1, unit: "x" },
    ],
  };
}

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function compression(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const inputBytes = 560_000;
  const clients = /** @type {const} */ (["ours", "ours-zstd"]);
  const samples = await takeTurns(server, {
    task: "roundTrip",
    clients,
    repetitions: quick ? 1 : 5,
    // A compressed body cannot name what it wants.
    path: "/only/short",
    options: () => ({ rounds: 60, inputBytes }),
  });
  const firstEventMs = (/** @type {(typeof clients)[number]} */ client) => medianOf(samples[client], "medianMs");
  return {
    title: `A request of ${inputBytes / 1000} kB, from the call to its first event`,
    head: ["coding", "ms", "CPU in ms"],
    rows: clients.map((client) => [
      client === "ours" ? "none" : "zstd",
      firstEventMs(client).toFixed(2),
      medianOf(samples[client], "cpuMs").toFixed(2),
    ]),
    checks: [{ what: "zstd adds", value: firstEventMs("ours-zstd") - firstEventMs("ours"), limit: 5, unit: "ms" }],
    notes: [
      "createZstdCompress" in zlib
        ? "zstd of this Node, on a thread of its own"
        : "zstd of the optional WebAssembly package, on the caller's thread",
      "on loopback, where bytes cost nothing; on a line of 10 Mbit/s these would take half a second uncompressed",
    ],
  };
}
