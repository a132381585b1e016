import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createConnection, createServer as createTcpServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface ServedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly receivedAt: number;
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly ServedRequest[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** Resolves when this many responses have lost their connection before their end. */
  cutResponses(count: number): Promise<void>;
}

/** An HTTP server on loopback, closed at the end of the test. The handler gets the whole body. */
export async function serve(
  handler: (request: ServedRequest, response: ServerResponse, index: number) => unknown,
): Promise<Served> {
  const requests: ServedRequest[] = [];
  const waiting: { count: number; resolve(): void }[] = [];
  let cut = 0;
  const server = createServer(async (message, response) => {
    response.on("close", () => {
      if (response.writableFinished) return;
      cut += 1;
      for (const each of waiting) if (cut >= each.count) each.resolve();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request: ServedRequest = {
      method: message.method ?? "",
      path: message.url ?? "",
      headers: message.headers,
      body: Buffer.concat(chunks),
      receivedAt: performance.now(),
    };
    await handler(request, response, requests.push(request) - 1);
  });
  const listening = await listen(server);
  return {
    ...listening,
    requests,
    get connections() {
      return listening.sockets.count;
    },
    cutResponses: (count) =>
      new Promise((resolve) => {
        if (cut >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
}

/** A TCP server on loopback, closed at the end of the test, for answers that no HTTP library would send. */
export async function serveTcp(
  handler: (socket: Socket, index: number) => void,
): Promise<{ url: string; port: number }> {
  let index = 0;
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    handler(socket, index++);
  });
  return listen(server);
}

/** A TCP server that answers one request with as much as the reader accepts, up to 50 MB, and then ends the connection. */
export async function serveFlood() {
  const piece = "x".repeat(64 * 1024);
  const pieces = 800;
  const flood = { sent: 0, pieces, bytes: pieces * piece.length };
  const { url } = await serveTcp(async (socket) => {
    await once(socket, "data");
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    for (; flood.sent < pieces; flood.sent += 1) if (!socket.write(piece)) await once(socket, "drain");
    socket.end();
  });
  return { url, flood };
}

/**
 * A port on loopback on which nothing listens, until the end of the test. A connection has it as its own port, so that the system gives it to
 * no server: a port that was merely closed could be another test's a moment later.
 */
export async function closedPort(): Promise<number> {
  const { port } = await serveTcp(() => {});
  const holder = createConnection(port, "127.0.0.1");
  onTestFinished(() => void holder.destroy());
  await once(holder, "connect");
  const own = holder.localPort;
  if (own === undefined) throw new Error("the connection has no port");
  return own;
}

async function listen(server: Server | ReturnType<typeof createTcpServer>) {
  const open = new Set<Socket>();
  const sockets = { count: 0 };
  server.on("connection", (socket: Socket) => {
    sockets.count += 1;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${port}`, port, sockets };
}
