import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answersPreflight, asksForWebSocket, strangerIn, UPGRADE_OPTIONS, withoutUpgrade } from "../../server/index.ts";
import { serve } from "./http.ts";
import { type GatewayOptions, gatewaySettings } from "./options.ts";
import { BASE_PATH, Parts } from "./parts.ts";
import { WebSockets } from "./websocket.ts";

export interface Gateway extends AsyncDisposable {
  /** The base URL for clients: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /**
   * Accepts no more requests, waits for running ones, and closes everything. It may be called again, for example to stop waiting.
   *
   * @param options - `graceMs`: how long to wait, in milliseconds. Default 0.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}

/** Idle clients can reuse their connection for longer than most proxies keep one. */
const KEEP_ALIVE_MS = 75_000;
/** Until a request is whole. Node's own five minutes end an upload of 512 MiB that the service takes at less than 15 Mbit/s. */
const REQUEST_MS = 3_600_000;

/**
 * Starts a server in front of the service. `POST /v1/responses`, streamed or not, goes through sessions: over WebSockets and with only the
 * new items, if the service supports them. A client's WebSocket at the same path gets its own WebSocket to the service. Models, compaction,
 * stored responses and files are passed on.
 *
 * Clients get what the service would send them, and never the credentials. A request with a foreign `Host` or `Origin` is refused.
 *
 * @throws {@link BuildError} An option is invalid. {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle
 *   cannot be used. The system's error if the port is not available.
 *
 * @example
 * ```ts
 * const gateway = await startGateway({ provider: openaiProvider(), auth: apiKeyAuth(process.env.OPENAI_API_KEY) });
 * console.log(gateway.url); // OPENAI_BASE_URL for every client on this machine
 * ```
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = gatewaySettings(options);
  const parts = new Parts(settings);
  const websockets = new WebSockets(parts);
  const { inspector } = settings;
  const server = createServer(
    { ...UPGRADE_OPTIONS, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS, noDelay: true },
    (message, response) => {
      if (answersPreflight(message, response, (headers) => strangerIn(headers, settings) !== undefined)) return;
      if (inspector?.handles(message)) return void inspector.answer(message, response);
      parts.underWay += 1;
      response.once("close", () => {
        parts.underWay -= 1;
        if (parts.isDraining) closeIdle();
      });
      void serve(parts, message, response);
    },
  );
  /**
   * If no request is in progress, this also includes clients that Node does not count as idle: they have sent no request yet, or watch the
   * inspector's page.
   */
  const closeIdle = (): void => {
    if (parts.underWay === 0) server.closeAllConnections();
    else server.closeIdleConnections();
  };
  server.maxConnections = settings.maxClients;
  server.on("upgrade", (message, socket, head) => {
    if (asksForWebSocket(message)) void websockets.upgrade(message, socket, head);
    else withoutUpgrade(server, message, socket, head);
  });
  server.listen(settings.port, settings.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  const close: Gateway["close"] = async ({ graceMs = 0 } = {}) => {
    parts.isDraining = true;
    websockets.drain();
    const cut = (): void => {
      server.closeAllConnections();
      websockets.terminate();
    };
    const timer = setTimeout(cut, graceMs);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      closeIdle();
    });
    clearTimeout(timer);
    await parts.service.close();
  };
  return { url: `http://${host}:${port}${BASE_PATH}`, port, close, [Symbol.asyncDispose]: () => close() };
}
