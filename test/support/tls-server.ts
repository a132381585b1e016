import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { cert } from "./certs.ts";

export interface TlsPeer {
  readonly port: number;
  /** Application data received so far on all connections. */
  readonly received: string;
  /** The SNI name of each connection; false if it had none. */
  readonly names: readonly (string | false)[];
  /** Opens a TCP connection to it, on which nothing is sent. */
  dial(): Promise<Socket>;
  /** Resolves when all connections so far are closed. */
  drained(): Promise<void>;
}

/** Certificate and key of a fixture for `serveTls`, followed by further certificates that the server sends. */
export function identity(name: string, key = "server", ...above: readonly string[]): TlsOptions {
  return { cert: cert(`${name}.pem`, ...above.map((each) => `${each}.pem`)), key: cert(`${key}.key`) };
}

/**
 * A TLS server on loopback, closed at the end of the test. It sends `hello` on each connection, and presents any certificate, even an
 * invalid one.
 */
export async function serveTls(options: TlsOptions = identity("server")): Promise<TlsPeer> {
  const names: (string | false)[] = [];
  let received = "";
  const server = createServer({ ciphers: "DEFAULT:@SECLEVEL=0", ...options }, (socket: TLSSocket) => {
    names.push(socket.servername || false);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      received += data.toString();
    });
    socket.write("hello");
  });
  server.on("tlsClientError", () => {});
  const { port, dial, drained } = await listen(server);
  return {
    port,
    dial,
    drained,
    names,
    get received() {
      return received;
    },
  };
}

async function listen(server: Server): Promise<Pick<TlsPeer, "port" | "dial" | "drained">> {
  const open = new Set<Socket>();
  const closed: Promise<void>[] = [];
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    closed.push(
      new Promise((resolve) =>
        socket.on("close", () => {
          open.delete(socket);
          resolve();
        }),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port,
    drained: async () => void (await Promise.all(closed)),
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => resolve(socket));
        socket.on("error", reject);
        onTestFinished(() => void socket.destroy());
      }),
  };
}
