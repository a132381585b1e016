// Calls a server whose answer never ends, and sends its parent the error and the memory used. `node client.mjs WAY URL`
import { ModelsClient, noAuth, ResponsesClient, ResponsesWebSocketClient } from "../../dist/index.js";

const [, , way = "", url = ""] = process.argv;
const retry = { maxRetries: 0 };
const options = {
  provider: { name: "bounds", baseUrl: url, proxy: /** @type {const} */ (false), retry },
  auth: noAuth(),
  env: {},
};
const request = { model: "m", input: [] };
const before = process.memoryUsage().rss;
const startedAt = performance.now();
const failure = /** @type {{ kind?: string }} */ (
  await meet().then(
    () => ({ kind: "none" }),
    (error) => error,
  )
);
const seconds = (performance.now() - startedAt) / 1000;
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.send?.({ kind: failure.kind ?? String(failure), beforeBytes: before, peakBytes, seconds });
process.exit(0);

async function meet() {
  if (way.startsWith("unary")) {
    await new ModelsClient(options).list({ clientVersion: "1.0.0", timeoutMs: 0 });
    return;
  }
  if (way.startsWith("websocket")) {
    const connection = await new ResponsesWebSocketClient(options).connect();
    for await (const _event of await connection.stream(request));
    return;
  }
  // Empty events never reach a bound, because nothing of them is kept: ended by a time limit.
  const signal = way === "empty events" ? AbortSignal.timeout(5_000) : undefined;
  for await (const _event of await new ResponsesClient(options).stream(request, { signal }));
}
