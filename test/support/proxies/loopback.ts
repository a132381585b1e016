import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Loopback {
  /** `scheme://127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Connections open now. */
  readonly open: () => number;
  /** Resolves when all connections so far are closed. */
  readonly allClosed: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Lets `server` listen on a free port, and counts its connections. */
export async function listenOnLoopback(server: Server, scheme: string, host = "127.0.0.1"): Promise<Loopback> {
  const open = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    accepted: () => accepted,
    open: () => open.size,
    async allClosed() {
      await Promise.all([...open].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** A TCP server that handles connections with `onConnection`, closed at the end of the test. */
export async function startTcpServer(onConnection: (socket: Socket) => void, host?: string): Promise<Loopback> {
  const server = createServer((socket) => {
    onConnection(socket);
    socket.resume(); // unread bytes would hide the client's end
  });
  const loopback = await listenOnLoopback(server, "tcp", host);
  onTestFinished(() => loopback.close());
  return loopback;
}
