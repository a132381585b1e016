import { EventEmitter, once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import { type GatewayLogEntry, type GatewayOptions, startGateway } from "../../../../src/doors/gateway/index.ts";
import type { EmulatorOptions } from "../../../../src/emulator/index.ts";
import { apiKeyAuth, openaiProvider, type ProviderConfig } from "../../../../src/index.ts";
import { emulate } from "../../../support/clients.ts";

export const UPGRADE =
  "GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/** A gateway in front of a service with this base URL, closed at the end of the test. */
export async function gateTo(
  baseUrl: string,
  options: Partial<GatewayOptions> = {},
  provider: Partial<ProviderConfig> = {},
) {
  const entries: GatewayLogEntry[] = [];
  const log = new EventEmitter();
  const gateway = await startGateway({
    provider: { ...openaiProvider({ env: {}, baseUrl, proxy: false }), ...provider },
    auth: apiKeyAuth("inside"),
    env: {},
    onRequest: (entry) => log.emit("entry", entries.push(entry)),
    ...options,
  });
  onTestFinished(() => gateway.close());
  /** The log, once it has so many entries. */
  const logged = async (count: number) => {
    while (entries.length < count) await once(log, "entry");
    return entries;
  };
  return { gateway, entries, logged, url: `${gateway.url}/responses` };
}

/** A gateway in front of an emulator that requires the key `inside`. */
export async function gate(emulation: EmulatorOptions = {}, options: Partial<GatewayOptions> = {}) {
  const emulator = await emulate({ requireAuth: "inside", rateLimits: false, ...emulation });
  return { emulator, ...(await gateTo(emulator.url, options)) };
}

/** Serves `answer`; returns the base URL. */
export async function serviceOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** A client's WebSocket, open. */
export async function connect(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

/** A connection of a client that sends this text and never closes. */
export async function openRaw(url: string, text: string): Promise<Socket> {
  const socket = connectTcp({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}
