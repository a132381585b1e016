import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asksForWebSocket, UPGRADE_OPTIONS, withoutUpgrade } from "../../server/index.ts";
import { serve } from "./http.ts";
import { type GatewayOptions, gatewaySettings } from "./options.ts";
import { BASE_PATH, Parts } from "./parts.ts";
import { WebSockets } from "./websocket.ts";

export interface Gateway extends AsyncDisposable {
  /** What clients take for the service's base URL, as `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no more requests, waits for those under way, and ends everything. Safe to call twice; a second call may be less patient.
   *
   * @param options - `graceMs`: how long it waits, in milliseconds. Default 0.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}

/** Idle clients may ask again for longer than most proxies keep a connection. */
const KEEP_ALIVE_MS = 75_000;

/**
 * A server in front of the service: `POST /v1/responses`, streamed or not, goes through sessions, over WebSockets with what is new alone where the service has
 * them; a client's WebSocket at the same path has one of its own to the service; models, compaction, stored responses and files are passed on.
 *
 * Clients see what the service would have told them, and never the credentials. A request with a `Host` or an `Origin` of elsewhere is refused.
 *
 * @throws {@link BuildError} An option is unusable. {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is. The system's error
 *   where the port cannot be listened on.
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
    { ...UPGRADE_OPTIONS, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true },
    (message, response) => {
      if (inspector?.handles(message)) return void inspector.answer(message, response);
      parts.underWay += 1;
      response.once("close", () => {
        parts.underWay -= 1;
        if (parts.isDraining) closeIdle();
      });
      void serve(parts, message, response);
    },
  );
  /** Where nothing is under way that takes in also the clients that Node does not call idle: they have not asked yet, or watch the inspector's page. */
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
