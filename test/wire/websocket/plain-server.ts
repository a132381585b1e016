import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

/** The request of a client. */
export interface Frame extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

export type Tell = (event: object) => void;

export interface PlainServer {
  /** Base URL of the service. */
  readonly url: string;
  readonly frames: Frame[];
  readonly sockets: WebSocket[];
  /** The request. */
  readonly handshakes: IncomingMessage[];
  /** Resolves when the first connection is closed. */
  readonly closed: Promise<void>;
}

/** A WebSocket server, independent of the emulator, that sends what the test says. */
export async function serveWebSocket(
  onFrame: (frame: Frame, tell: Tell, socket: WebSocket) => void,
  headers: Readonly<Record<string, string>> = {},
): Promise<PlainServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on("headers", (lines: string[]) => {
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  });
  const frames: Frame[] = [];
  const sockets: WebSocket[] = [];
  const handshakes: IncomingMessage[] = [];
  const closed = new Promise<void>((resolve) => {
    server.on("connection", (socket, handshake) => {
      sockets.push(socket);
      handshakes.push(handshake);
      socket.on("error", () => {});
      socket.once("close", () => resolve());
      socket.on("message", (data) => {
        const frame = JSON.parse(String(data)) as Frame;
        frames.push(frame);
        onFrame(frame, (event) => socket.send(JSON.stringify(event)), socket);
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, frames, sockets, handshakes, closed };
}
