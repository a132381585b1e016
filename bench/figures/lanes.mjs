import { medianOf, ratioOf, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";
import { NAMES } from "./streams.mjs";

const STREAMS = 500;
/** Frames are not compressed on either side: the windows of zlib for each connection are no matter of lanes. */
const PLAIN = { client: { frames: "plain" } };

/** @type {readonly { client: string, name: string, scenario?: string }[]} */
const ROWS = [
  { client: "floor", name: `${NAMES.floor}; ${STREAMS} connections` },
  { client: "ours", name: `codex-wire, event streams; ${STREAMS} connections` },
  { client: "ours-websocket", name: `codex-wire, WebSockets; ${STREAMS} connections` },
  { client: "ws-lanes", name: "floor on lanes: ws, JSON.parse, a promise an event; 32 connections" },
  { client: "ours-lanes", name: "codex-wire, lanes; 32 connections" },
  { client: "ours-lanes", name: "the same, a connection's events in one write", scenario: "together" },
];

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function lanes(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const seconds = quick ? 2 : 8;
  const run = async (
    /** @type {(typeof ROWS)[number]} */ { client, scenario = "paced" },
    /** @type {string} */ task,
  ) => {
    const options = { ...PLAIN, model: `${scenario}:${seconds}`, streams: STREAMS, afterMs: (seconds * 1000) / 2 };
    const turn = await takeTurns(server, { task, clients: [client], repetitions: 1, options: () => options });
    return turn[client]?.[0];
  };
  const samples = ROWS.map(() => /** @type {(import("../measure.mjs").Sample | undefined)[]} */ ([]));
  for (let repetition = 0; repetition < (quick ? 1 : 4); repetition += 1) {
    for (const [index, row] of ROWS.entries()) samples[index]?.push(await run(row, "streams"));
  }
  const held = /** @type {typeof samples} */ ([]);
  for (const row of ROWS) held.push([await run(row, "held")]);
  const [floor = [], ...ours] = samples;
  const [spread = [], together = []] = ours.slice(-2);
  const kb = (/** @type {typeof floor} */ list) => medianOf(list, "streamBytes") / 1000;
  return {
    title: `${STREAMS} streams at once, 20 events a second each, ${seconds} s, 16 of them on a WebSocket`,
    head: ["client", "CPU in ms", "to the floor", "kB a stream", "of it in use"],
    rows: ROWS.map(({ name }, index) => {
      const own = samples[index] ?? [];
      const cpu = [medianOf(own, "cpuMs"), ratioOf(own, floor, "cpuMs")];
      return [name, ...[...cpu, kb(own), kb(held[index] ?? [])].map(digits)];
    }),
    checks: [
      { what: "CPU to the floor", value: ratioOf(spread, floor, "cpuMs"), limit: 0.5, unit: "x" },
      { what: "CPU to the floor, one write", value: ratioOf(together, floor, "cpuMs"), limit: 0.5, unit: "x" },
      { what: "memory a stream", value: kb(spread), limit: 30, unit: "kB" },
      { what: "memory a stream, in use", value: kb(held.at(-2) ?? []), limit: 30, unit: "kB" },
    ],
  };
}
