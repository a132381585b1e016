import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type GatewayLogEntry, type GatewayOptions, startGateway } from "../../../src/doors/gateway/index.ts";
import type { EmulatorOptions } from "../../../src/emulator/index.ts";
import { apiKeyAuth, openaiProvider, type ProviderConfig } from "../../../src/index.ts";
import { emulate } from "../../support/clients.ts";

export const UPGRADE =
  "GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
export const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };

/** A gateway before this service; ended with the test. */
export async function gateTo(
  baseUrl: string,
  options: Partial<GatewayOptions> = {},
  provider: Partial<ProviderConfig> = {},
) {
  const entries: GatewayLogEntry[] = [];
  const gateway = await startGateway({
    provider: { ...openaiProvider({ env: {}, baseUrl, proxy: false }), ...provider },
    auth: apiKeyAuth("inside"),
    env: {},
    onRequest: (entry) => void entries.push(entry),
    ...options,
  });
  onTestFinished(() => gateway.close());
  return { gateway, entries, url: `${gateway.url}/responses` };
}

export async function gate(emulation: EmulatorOptions = {}, options: Partial<GatewayOptions> = {}) {
  const emulator = await emulate({ requireAuth: "inside", rateLimits: false, ...emulation });
  return { emulator, ...(await gateTo(emulator.url, options)) };
}

/** A service of a few lines; its base URL. */
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

/** A connection on which a client writes what it likes, and never leaves by itself. */
export async function wire(url: string, text: string): Promise<Socket> {
  const socket = connectTcp({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}
