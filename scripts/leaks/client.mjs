// Uses the client many times in one way, and sends its parent what is left. `node --expose-gc client.mjs WAY COUNT URL`
import { getEventListeners } from "node:events";
import {
  ModelsClient,
  noAuth,
  RealtimeWebSocketClient,
  ResponsesClient,
  ResponsesSession,
  ResponsesWebSocketClient,
} from "../../dist/index.js";

const [, , way = "", count = "", url = ""] = process.argv;
const retry = { maxRetries: 0 };
const provider = { name: "leaks", baseUrl: url, proxy: /** @type {const} */ (false), retry, maxStreamRetries: 0 };
const options = { provider: { ...provider, supportsWebSockets: true }, auth: noAuth(), env: {} };
const { signal } = new AbortController();
const http = new ResponsesClient(options);
const websockets = new ResponsesWebSocketClient(options);
const models = new ModelsClient(options);
const realtime = new RealtimeWebSocketClient(options);
const kept = new ResponsesSession(options);

/** @type {Record<string, (n: number) => Promise<unknown>>} */
const ways = {
  "http stream": async () => (await http.stream(asking("repeat: yes"), { signal })).collect(),
  "http stream, left early": async () => {
    for await (const _event of await http.stream(asking("repeat: yes"), { signal })) break;
  },
  "http stream that breaks": async () => failing(await http.stream(asking("break off"), { signal })),
  "http refusal": async () => http.stream(asking("refuse"), { signal }).catch(() => {}),
  "http abort": async () => {
    const controller = new AbortController();
    const stream = http.stream(asking("repeat: yes"), { signal: controller.signal });
    controller.abort();
    await stream.catch(() => {});
  },
  "unary call": async () => models.list({ clientVersion: "1.0.0", signal }),
  "session turn": async () => {
    kept.startTurn();
    await (await kept.stream(asking("repeat: yes"), { signal })).collect();
  },
  "session, opened and closed": async () => {
    const session = new ResponsesSession(options);
    await (await session.stream(asking("repeat: yes"), { signal })).collect();
    await session.close();
  },
  "session whose stream breaks": async () => {
    const session = new ResponsesSession(options);
    await session.stream(asking("break off"), { signal }).then(failing, () => {});
    await session.close();
  },
  "websocket, opened and left": async () => {
    const connection = await websockets.connect({ signal });
    for await (const _event of await connection.stream(asking("repeat: yes"), { signal })) break;
    await connection.close();
  },
  "realtime, opened and closed": async () => {
    const connection = await realtime.connect({ model: "m", session: { instructions: "Be brief." } }, { signal });
    await connection.nextEvent();
    await connection.close();
  },
};

/** @param {string} text */
function asking(text) {
  const content = [{ type: /** @type {const} */ ("input_text"), text }];
  return {
    model: "m",
    input: [{ type: /** @type {const} */ ("message"), role: /** @type {const} */ ("user"), content }],
  };
}

/** @param {AsyncIterable<unknown>} stream */
async function failing(stream) {
  try {
    for await (const _event of stream);
  } catch {}
}

const LANES = 4;

/** @param {number} times */
async function repeat(times) {
  const run = ways[way];
  if (!run) throw new Error(`there is no way ${way}; there are ${Object.keys(ways).join(", ")}`);
  const counter = { left: times };
  const lane = async () => {
    while (counter.left-- > 0) await run(counter.left);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function settled() {
  for (let n = 0; n < 3; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300)); // an abandoned answer is read for a quarter of a second
    globalThis.gc?.();
  }
  const resources = process.getActiveResourcesInfo();
  return {
    heapBytes: process.memoryUsage().heapUsed,
    listeners: getEventListeners(signal, "abort").length,
    timers: resources.filter((name) => name === "Timeout").length,
    sockets: resources.filter((name) => name === "TCPSocketWrap" || name === "TLSWrap").length,
  };
}

if (way === "--list") process.send?.(Object.keys(ways));
else {
  await repeat(Math.min(3_000, Number(count)));
  const before = await settled();
  const startedAt = performance.now();
  await repeat(Number(count));
  const seconds = (performance.now() - startedAt) / 1000;
  process.send?.({ before, after: await settled(), seconds });
}
process.exit(0);
