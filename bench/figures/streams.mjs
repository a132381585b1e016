import { medianOf, ratioOf, sideBySide, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";

/** @typedef {{ server: import("../measure.mjs").Server, quick: boolean }} Context */
/** @typedef {import("../report.mjs").Figure} Figure */

/** Of a long stream. */
export const EVENTS = 50_007;
export const LONG = `long:${EVENTS}`;

/**
 * Of the streams that a process reads: those not counted between the first and the later ones, and the later ones. Node compiles until the
 * twelfth or so, and a process that lives has read more than that.
 */
export const RUN = { between: 12, later: 3 };
const QUICK_RUN = { between: 1, later: 2 };
const ONCE = { between: 0, later: 1 };
const FIRST = { between: 0, later: 0 };
const MEASURED_AGAINST = /** @type {const} */ (["openai-helper", "ai-sdk"]);
const BESIDE = /** @type {const} */ (["bytes", "eventsource-parser", "openai", ...MEASURED_AGAINST]);

/** @returns {Promise<Figure>} */
export async function longStream(/** @type {Context} */ { server, quick }) {
  const serverBefore = await server.cpuMs();
  const clients = /** @type {const} */ (["floor", "ours", "ours-batches", ...(quick ? MEASURED_AGAINST : BESIDE)]);
  const samples = await takeTurns(server, {
    task: "stream",
    clients,
    slow: quick ? MEASURED_AGAINST : [],
    repetitions: quick ? 2 : 7,
    options: (client) => ({ model: LONG, ...(!quick ? RUN : isBeside(client) ? ONCE : QUICK_RUN) }),
  });
  const streams = Object.values(samples).flatMap((list) => list.map((sample) => sample?.streams ?? 0));
  const serverCpuMs = ((await server.cpuMs()) - serverBefore) / streams.reduce((sum, each) => sum + each);
  const first = await firstStreams(server, /** @type {const} */ (["floor", "ours"]), quick);
  const ratio = (/** @type {(typeof clients)[number]} */ client) => ratioOf(samples[client], samples.floor, "cpuMs");
  const young = (/** @type {(typeof clients)[number]} */ client) =>
    ratioOf(samples[client], samples.floor, "youngCpuMs");
  return {
    title: `Long stream: ${EVENTS} events, 12.5 MB, CPU of the client process in ms`,
    head: ["client", "later streams", "to the floor", "first stream", "to the floor", "wall (later)"],
    rows: clients.map((client) => [
      NAMES[client] ?? client,
      digits(medianOf(samples[client], "cpuMs")),
      digits(ratio(client)),
      ...firstCells(client, "floor", first, samples),
      digits(medianOf(samples[client], "wallMs")),
    ]),
    checks: [
      { what: "CPU to the floor", value: ratio("ours"), limit: 0.6, unit: "x" },
      { what: "CPU to the floor, batches()", value: ratio("ours-batches"), limit: 0.45, unit: "x" },
      {
        what: "CPU to the floor, first stream of a process",
        value: ratioOf(first.ours, first.floor, "firstCpuMs"),
        limit: 0.85,
        unit: "x",
      },
      {
        what: "less CPU than openai's responses.stream",
        ...times(ratioOf(samples["openai-helper"], samples.ours, "cpuMs"), 12),
      },
      { what: "less CPU than @ai-sdk/openai", ...times(ratioOf(samples["ai-sdk"], samples.ours, "cpuMs"), 5) },
    ],
    notes: [
      "first stream of a process: lazy imports are behind it, compilation is part of it; later: the 14th to 16th, where little is compiled any more",
      `the server's own CPU: ${digits(serverCpuMs)} ms a stream; it does not hold anybody up`,
      ...(quick
        ? []
        : [
            `fourth to sixth stream, to the floor: ${digits(young("ours"))}, batches() ${digits(young("ours-batches"))}`,
          ]),
    ],
  };
}

/** @returns {Promise<Figure>} */
export async function longWebSocket(/** @type {Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["ws", "ours-websocket", "openai-websocket"]);
  const samples = await takeTurns(server, {
    task: "stream",
    clients,
    repetitions: quick ? 1 : 7,
    options: () => ({ model: LONG, ...(quick ? QUICK_RUN : RUN) }),
  });
  const first = await firstStreams(server, /** @type {const} */ (["ws", "ours-websocket"]), quick);
  const ratio = (/** @type {(typeof clients)[number]} */ client) => ratioOf(samples[client], samples.ws, "cpuMs");
  return {
    title: `Long WebSocket stream: ${EVENTS} messages, CPU of the client process in ms`,
    head: ["client", "later streams", "to ws", "first stream", "to ws", "wall (later)"],
    rows: clients.map((client) => [
      NAMES[client] ?? client,
      digits(medianOf(samples[client], "cpuMs")),
      digits(ratio(client)),
      ...firstCells(client, "ws", first, samples),
      digits(medianOf(samples[client], "wallMs")),
    ]),
    checks: [
      { what: "CPU to ws + JSON.parse", value: ratio("ours-websocket"), limit: 0.7, unit: "x" },
      {
        what: "CPU to ws + JSON.parse, first stream of a process",
        value: ratioOf(first["ours-websocket"], first.ws, "firstCpuMs"),
        limit: 1.05,
        unit: "x",
      },
      {
        what: "CPU to openai",
        value: ratioOf(samples["ours-websocket"], samples["openai-websocket"], "cpuMs"),
        limit: 1,
        unit: "x",
      },
    ],
    notes: ["openai's and ours through their async iterators, ws through its message listener"],
  };
}

/** What compression of frames costs the client, where each event is a network read of its own on each carrier, as with a model that writes. @returns {Promise<Figure>} */
export async function frames(/** @type {Context} */ { server, quick }) {
  const clients = /** @type {const} */ (["ours", "ours-websocket-plain", "ours-websocket", "ws", "ws-compressed"]);
  const samples = await takeTurns(server, {
    task: "stream",
    clients,
    repetitions: quick ? 3 : 7,
    options: () => ({ model: "each:1007", between: 2, later: 4 }),
  });
  const names = {
    ours: "codex-wire, SSE",
    "ours-websocket-plain": "codex-wire, WebSocket, plain frames",
    "ours-websocket": "codex-wire, WebSocket, each frame compressed",
    ws: "`ws`, `JSON.parse`, plain frames",
    "ws-compressed": "`ws`, `JSON.parse`, each frame compressed",
  };
  const ratio = (/** @type {(typeof clients)[number]} */ client) => ratioOf(samples[client], samples.ours, "cpuMs");
  return {
    title: "1,000 deltas, one a millisecond: CPU of a warm client process in ms, connecting included",
    head: ["client", "CPU", "to SSE"],
    rows: clients.map((client) => [names[client], digits(medianOf(samples[client], "cpuMs")), digits(ratio(client))]),
    checks: [{ what: "compressed frames to SSE", value: ratio("ours-websocket"), limit: 2, unit: "x" }],
  };
}

/**
 * The first stream of a process scatters by a third, with what the compiler has done by when: more pairs of it.
 *
 * @template {string} Name
 */
function firstStreams(
  /** @type {import("../measure.mjs").Server} */ server,
  /** @type {readonly Name[]} */ clients,
  /** @type {boolean} */ quick,
) {
  const repetitions = quick ? 3 : 21;
  return takeTurns(server, { task: "stream", clients, repetitions, options: () => ({ model: LONG, ...FIRST }) });
}

/** @typedef {Readonly<Record<string, (import("../measure.mjs").Sample | undefined)[]>>} Samples */

/** Of the client's first streams, and their ratio to the `base`'s: from the many pairs where the client is among them. */
function firstCells(
  /** @type {string} */ client,
  /** @type {string} */ base,
  /** @type {Samples} */ first,
  /** @type {Samples} */ samples,
) {
  const from = first[client] ? first : samples;
  const [own = [], beside = []] = [from[client], from[base]];
  return [digits(medianOf(own, "firstCpuMs")), digits(ratioOf(own, beside, "firstCpuMs"))];
}

/** @returns {Promise<Figure>} */
export async function manyStreams(/** @type {Context} */ { server, quick }) {
  const seconds = quick ? 2 : 8;
  const streams = 500;
  const clients = /** @type {const} */ (["floor", "ours", "sockets", "bytes", "openai", "openai-helper", "ai-sdk"]);
  const options = { model: `paced:${seconds}`, streams };
  const serverBefore = await server.cpuMs();
  const turns = await takeTurns(server, {
    task: "streams",
    clients: quick ? ["openai-helper"] : clients,
    slow: ["openai", "openai-helper", "ai-sdk"],
    repetitions: quick ? 1 : 4,
    options: () => options,
  });
  const near = /** @type {const} */ (["floor", "ours"]);
  const beside = await sideBySide(server, { task: "streams", clients: near, repetitions: quick ? 2 : 7, options });
  const samples = { ...beside, ...turns };
  const runs = [...Object.values(turns), ...Object.values(beside)].flatMap((list) => list.filter(Boolean)).length;
  const serverCpuMs = ((await server.cpuMs()) - serverBefore) / runs;
  const shown = clients.filter((client) => samples[client]);
  const streamKb = (/** @type {(typeof clients)[number]} */ client) => medianOf(samples[client], "streamBytes") / 1000;
  return {
    title: `${streams} streams at once, 20 events a second each, ${seconds} s; their first events echo 14 kB of instructions`,
    head: ["client", "CPU in ms", "to the floor", "kB a stream"],
    rows: shown.map((client) => [
      NAMES[client] ?? client,
      digits(medianOf(samples[client], "cpuMs")),
      digits(ratioOf(samples[client], samples.floor, "cpuMs")),
      digits(streamKb(client)),
    ]),
    checks: [
      {
        what: "CPU to the floor, side by side",
        value: ratioOf(beside.ours, beside.floor, "cpuMs"),
        limit: 0.8,
        unit: "x",
      },
      {
        what: "memory a stream to the floor",
        value: ratioOf(samples.ours, samples.floor, "streamBytes"),
        limit: 0.5,
        unit: "x",
      },
      {
        what: "less CPU than openai's responses.stream",
        ...times(ratioOf(samples["openai-helper"], samples.ours, "cpuMs"), 3),
      },
    ],
    notes: [`the server's own CPU: ${digits((serverCpuMs / (seconds * 1000)) * 100)} % of a core`],
  };
}

/** @type {Readonly<Record<string, string>>} */
export const NAMES = {
  floor: "floor: undici, split, JSON.parse",
  ours: "codex-wire",
  "ours-batches": "codex-wire, batches()",
  "ours-unkept": "codex-wire, keep: false",
  sockets: "Node's sockets, bytes thrown away",
  bytes: "undici, bytes thrown away",
  "bytes-slowly": "undici, bytes thrown away",
  "eventsource-parser": "undici, eventsource-parser, JSON.parse",
  openai: "openai, responses.create",
  "openai-helper": "openai, responses.stream",
  "ai-sdk": "@ai-sdk/openai",
  ws: "ws, JSON.parse",
  "ours-websocket": "codex-wire",
  "openai-websocket": "openai",
};

/** @returns {client is (typeof BESIDE)[number]} */
function isBeside(/** @type {string} */ client) {
  return BESIDE.some((each) => each === client);
}

/** A factor to be reached. */
function times(/** @type {number} */ value, /** @type {number} */ limit) {
  return { value, limit, unit: "x", atLeast: true };
}
