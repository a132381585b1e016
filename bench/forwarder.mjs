// One forwarder in a process of its own: `node forwarder.mjs NAME ORIGIN`. Tells its port, and its CPU time when asked.
import { Agent, request as ask, createServer } from "node:http";
import { ours } from "./modules.mjs";

/** @type {Record<string, (origin: string) => Promise<number>>} */
const FORWARDERS = {
  /** The least that forwards: Node's own server and client, and a pipe between them. */
  async plain(origin) {
    const agent = new Agent({ keepAlive: true });
    const server = createServer((request, response) => {
      const { method, url, headers } = request;
      const upstream = ask(
        `${origin}${url}`,
        { agent, method, headers: { ...headers, authorization: "Bearer inside" } },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          response.flushHeaders();
          answer.pipe(response);
        },
      );
      upstream.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      request.pipe(upstream);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  },
  gateway: (origin) => gateway(origin, "websocket"),
  "gateway-http": (origin) => gateway(origin, "http"),
};

async function gateway(/** @type {string} */ origin, /** @type {"websocket" | "http"} */ carrier) {
  const { apiKeyAuth, openaiProvider } = await ours("index");
  const { startGateway } = await ours("gateway");
  const provider = openaiProvider({ baseUrl: `${origin}/v1`, env: {}, proxy: false });
  const { port } = await startGateway({ provider, auth: apiKeyAuth("inside"), carrier, maxConnections: 1000, env: {} });
  return port;
}

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());

const [name = "", origin = ""] = process.argv.slice(2);
process.send?.({ port: await FORWARDERS[name]?.(origin) });
