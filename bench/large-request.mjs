// What it costs to write a request of 10 MB, in a process of its own: `node --expose-gc bench/large-request.mjs ORIGIN ROUNDS`. Prints the samples of
// each way as one line of JSON: CPU in ms, by round.
import { once } from "node:events";
import { ours, peer } from "./modules.mjs";

const [, , origin = "", rounds = "10"] = process.argv;
const ITEMS = 4_000;
const MODEL = "short";

/** A history of messages, calls and their outputs, as a coding agent has it: 10 MB as JSON. */
function history() {
  const line = (/** @type {number} */ nth) => `${nth}: the parser keeps "${nth * 2_654_435}" until its end has come\n`;
  const text = (/** @type {number} */ nth, /** @type {number} */ lines) =>
    Array.from({ length: lines }, (_, at) => line(nth + at)).join("");
  return Array.from({ length: ITEMS }, (_, nth) => {
    const call_id = `call_${nth - (nth % 4)}`;
    if (nth % 4 === 0)
      return { type: "function_call", call_id, name: "shell", arguments: JSON.stringify({ command: text(nth, 8) }) };
    if (nth % 4 === 1) return { type: "function_call_output", call_id, output: text(nth, 110) };
    const role = nth % 4 === 2 ? "assistant" : "user";
    const type = role === "user" ? "input_text" : "output_text";
    return { type: "message", role, content: [{ type, text: text(nth, 28) }] };
  });
}

const { apiKeyAuth, ResponsesSession } = await ours("index");
const { WebSocket } = await peer("ws");
const provider = { name: "bench", baseUrl: `${origin}/v1`, supportsWebSockets: true };
const input = history();
const nothing = () => {};

/** Takes a request and answers at once, so that nothing but its writing is measured. */
const unsent = {
  async stream() {
    const completed = Buffer.from('data: {"type":"response.completed","response":{"id":"resp_1"}}\n\n');
    const body = { pause: nothing, resume: nothing, cancel: nothing };
    const pipe = (/** @type {{ chunk(bytes: Uint8Array): void }} */ sink) => sink.chunk(completed);
    return { status: 200, url: origin, headers: { "content-type": "text/event-stream" }, body: { ...body, pipe } };
  },
};

async function throughSession(/** @type {object} */ options) {
  const session = new ResponsesSession({ provider, auth: apiKeyAuth("key"), ...options });
  // The connection is there before; what is measured is the request.
  await (await session.stream({ model: MODEL, input: "x" })).collect();
  return async () => {
    await (await session.stream({ model: MODEL, input })).collect();
    await session.close();
  };
}

/** Each makes ready, and returns what is measured. @type {Record<string, () => Promise<() => Promise<unknown>>>} */
const WAYS = {
  stringify: async () => async () => JSON.stringify({ model: MODEL, input, stream: true }),
  bytes: async () => async () => Buffer.from(JSON.stringify({ model: MODEL, input, stream: true })),
  http: () => throughSession({ carrier: "http", transport: unsent }),
  async ws() {
    const socket = new WebSocket(`${origin.replace("http", "ws")}/v1/responses`, { perMessageDeflate: false });
    await once(socket, "open");
    return async () => {
      const answered = new Promise((resolve) => {
        socket.on("message", (/** @type {Buffer} */ data) => {
          if (JSON.parse(data.toString()).type === "response.completed") resolve(undefined);
        });
      });
      socket.send(JSON.stringify({ type: "response.create", model: MODEL, input }));
      await answered;
      socket.close();
    };
  },
  websocket: () => throughSession({ carrier: "websocket", frameCompression: false }),
};

/** @type {Record<string, number[]>} */
const samples = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
for (let round = -2; round < Number(rounds); round += 1) {
  const ways = Object.entries(WAYS);
  for (const [way, prepare] of round % 2 === 0 ? ways : ways.reverse()) {
    const measured = await prepare();
    globalThis.gc?.();
    const before = process.cpuUsage();
    await measured();
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) samples[way]?.push((user + system) / 1000);
  }
}
const bytes = Buffer.byteLength(JSON.stringify({ model: MODEL, input }));
process.stdout.write(JSON.stringify({ samples, bytes }), () => process.exit());
