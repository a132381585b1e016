import { connect, createServer } from "node:net";
import { ours } from "../modules.mjs";
import { digits } from "../report.mjs";

const TURNS = 50;
const SHOWN = [1, 2, 10, 25, 50];

/** What a session sends for a conversation, counted by a relay, beside the same requests sent whole over HTTP. */
/** @returns {Promise<import("../report.mjs").Figure>} */
export async function conversation() {
  const { startEmulator } = await ours("emulator");
  const emulator = await startEmulator({ compressFrames: true });
  const relay = await startRelay(Number(new URL(emulator.origin).port));
  try {
    const session = await converse(relay, {});
    const plain = await converse(relay, { frameCompression: false });
    const whole = await converse(relay, { carrier: "http" });
    const share = (/** @type {number[]} */ sent) => (sum(sent) / sum(whole)) * 100;
    const row = (/** @type {string} */ name, /** @type {number[]} */ sent) => [
      name,
      ...SHOWN.map((turn) => String(sent[turn - 1])),
      String(sum(sent)),
      `${digits(share(sent))} %`,
    ];
    return {
      title: `A conversation of ${TURNS} turns with 14 kB of instructions and tools: bytes sent, everything on the connection counted`,
      head: ["turn", ...SHOWN.map(String), "all", "to whole requests"],
      rows: [
        row("ResponsesSession over a WebSocket", session),
        row("the same, frameCompression: false", plain),
        row("whole requests over HTTP, uncompressed", whole),
      ],
      checks: [
        { what: "bytes sent", value: share(session), limit: 1, unit: "%" },
        { what: "bytes sent, frames not compressed", value: share(plain), limit: 1, unit: "%" },
      ],
      notes: [
        `without the first request, which carries the instructions: ${digits((sum(session.slice(1)) / sum(whole.slice(1))) * 100)} %`,
      ],
    };
  } finally {
    relay.close();
    await emulator.close();
  }
}

/**
 * @param {Awaited<ReturnType<typeof startRelay>>} relay
 * @param {{ carrier?: "http", frameCompression?: boolean }} options
 * @returns {Promise<number[]>} Bytes sent in each turn.
 */
async function converse(relay, options) {
  const { apiKeyAuth, ResponsesSession } = await ours("index");
  const provider = { name: "bench", baseUrl: `${relay.origin}/v1`, supportsWebSockets: true };
  const session = new ResponsesSession({ provider, auth: apiKeyAuth("key"), ...options });
  const input = /** @type {unknown[]} */ ([]);
  const sent = /** @type {number[]} */ ([]);
  for (let turn = 1; turn <= TURNS; turn += 1) {
    input.push({ type: "message", role: "user", content: [{ type: "input_text", text: question(turn) }] });
    const before = relay.bytesSent;
    const stream = await session.stream({ model: "gpt-5-codex", instructions: INSTRUCTIONS, tools: TOOLS, input });
    for (const item of (await stream.collect()).items) {
      input.push(item);
      if (item.type === "function_call")
        input.push({ type: "function_call_output", call_id: item.call_id, output: found(turn) });
    }
    sent.push(relay.bytesSent - before);
  }
  await session.close();
  return sent;
}

const INSTRUCTIONS = Array.from(
  { length: 110 },
  (_, rule) => `Rule ${rule}: before you change file ${(rule * 7919) % 997}, read what calls it and say so.`,
).join("\n");

const TOOLS = Array.from({ length: 14 }, (_, tool) => ({
  type: "function",
  name: `tool_${tool}`,
  description: `Reads or writes part ${(tool * 104_729) % 9973} of the project; the answer is text, at most ${tool + 1} kB of it.`,
  strict: false,
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "Relative to the root of the project." },
      lines: {
        type: "array",
        items: { type: "integer" },
        description: "First and last line; the whole file if left out.",
      },
    },
    required: ["path"],
  },
}));

function question(/** @type {number} */ turn) {
  return `Turn ${turn}: why does test ${(turn * 6_700_417) % 99_991} fail since the change of line ${turn * 31}, and what would repair it?`;
}

function found(/** @type {number} */ turn) {
  return `part ${(turn * 15_485_863) % 99_991}: ${turn} lines, the last one changed in turn ${turn - 1}`;
}

function sum(/** @type {readonly number[]} */ numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Passes bytes on and counts those towards the server. */
async function startRelay(/** @type {number} */ port) {
  let bytesSent = 0;
  const sockets = /** @type {Set<import("node:net").Socket>} */ (new Set());
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (bytes) => {
      bytesSent += bytes.length;
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${address.port}`,
    get bytesSent() {
      return bytesSent;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
