import { medianOf, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";
import { NAMES } from "./streams.mjs";

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function slowReader(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const all = /** @type {const} */ (["ours-unkept", "floor", "ours", "bytes-slowly", "openai"]);
  const clients = quick ? all.slice(0, 3) : all;
  const samples = await takeTurns(server, {
    task: "slow",
    clients,
    repetitions: quick ? 1 : 2,
    options: () => ({ model: "endless:1000", forMs: quick ? 1_500 : 20_000 }),
  });
  const grownMb = (/** @type {(typeof all)[number]} */ client) => medianOf(samples[client], "grownBytes") / 1e6;
  return {
    title: "A reader that rests 5 ms after each MB of a 1 GB stream: growth of memory beyond the idle client",
    head: ["client", "MB", "of it in use", "MB read"],
    rows: clients.map((client) => [
      NAMES[client] ?? client,
      digits(grownMb(client)),
      digits(medianOf(samples[client], "heldBytes") / 1e6),
      digits(medianOf(samples[client], "readMb")),
    ]),
    notes: [
      "an answer as large as this is kept up to 64 MiB, for collect() and what errors say, unless keep: false is set",
      "the rest is room that Node has made for new objects, and network reads that wait for a collection; bytes thrown away leave as many",
    ],
    checks: [
      { what: "growth beyond the floor's", value: grownMb("ours-unkept") - grownMb("floor"), limit: 4, unit: "MB" },
    ],
  };
}

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function idleSessions(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const connections = 500;
  const options = { connections };
  const plan = { task: "idle", repetitions: quick ? 1 : 3 };
  const sessions = await takeTurns(server, { ...plan, clients: ["ours-session", "ws-kept"], options: () => options });
  const overHttp = await takeTurns(server, {
    ...plan,
    clients: ["ours-session"],
    options: () => ({ ...options, client: { carrier: "http" } }),
  });
  const kb = (/** @type {Parameters<typeof medianOf>[0]} */ samples) => medianOf(samples, "connectionBytes") / 1000;
  const [websocketKb, httpKb, bareKb] = [
    kb(sessions["ours-session"]),
    kb(overHttp["ours-session"]),
    kb(sessions["ws-kept"]),
  ];
  return {
    title: `Memory of an idle session, after one answer (${connections} of them)`,
    head: ["what is kept", "kB each"],
    rows: [
      ["ResponsesSession over a WebSocket", digits(websocketKb)],
      ["a bare ws connection that compresses as well", digits(bareKb)],
      ["ResponsesSession over HTTP", digits(httpKb)],
    ],
    checks: [
      { what: "to a bare ws connection", value: websocketKb / bareKb, limit: 1.2, unit: "x" },
      { what: "over HTTP", value: httpKb, limit: 100, unit: "kB" },
    ],
    notes: ["nearly all of the WebSocket's is zlib's: a window to compress with and one to inflate with"],
  };
}
