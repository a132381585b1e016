import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type Loopback, listenOnLoopback } from "./loopback.ts";

export interface SocksProxyOptions {
  /** Requires these credentials (RFC 1929). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Answers every CONNECT with this reply code (RFC 1928 §6). */
  readonly refuseWith?: number;
  /** Sent in the same write as the reply to CONNECT. */
  readonly behindReply?: string;
  /** Hosts that only this proxy can resolve. */
  readonly hosts?: Readonly<Record<string, string>>;
}

export interface SeenConnect {
  readonly addressType: "ipv4" | "name" | "ipv6";
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
}

export interface SocksProxy extends Loopback {
  readonly connects: readonly SeenConnect[];
  /** Number of connections refused for wrong or missing credentials. */
  readonly rejected: () => number;
}

const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;

/** A SOCKS5 proxy on loopback (only CONNECT), closed at the end of the test. */
export async function startSocksProxy(options: SocksProxyOptions = {}): Promise<SocksProxy> {
  const connects: SeenConnect[] = [];
  let rejected = 0;
  const server = createServer((client) => {
    client.on("error", () => {});
    serve(client).catch(() => client.destroy());
  });

  const serve = async (client: Socket): Promise<void> => {
    const [, methodCount = 0] = await read(client, 2);
    const methods = await read(client, methodCount);
    const method = options.credentials ? PASSWORD : NO_AUTHENTICATION;
    if (!methods.includes(method)) {
      rejected += 1;
      client.end(Buffer.from([5, NONE_ACCEPTABLE]));
      return;
    }
    client.write(Buffer.from([5, method]));
    let username: string | undefined;
    if (options.credentials) {
      username = (await readField(client, 1)).toString("utf8");
      const password = (await readField(client, 0)).toString("utf8");
      const known = username === options.credentials.username && password === options.credentials.password;
      if (!known) {
        rejected += 1;
        client.end(Buffer.from([1, 1]));
        return;
      }
      client.write(Buffer.from([1, 0]));
    }
    const request = await read(client, 4);
    const { addressType, host } = await readAddress(client, request[3] ?? 0);
    const port = (await read(client, 2)).readUInt16BE(0);
    connects.push({ addressType, host, port, username });
    if (options.refuseWith !== undefined) {
      client.end(Buffer.from([5, options.refuseWith, 0, 1, 0, 0, 0, 0, 0, 0]));
      return;
    }
    const upstream = connect(port, options.hosts?.[host] ?? host, () => {
      const behind = Buffer.from(options.behindReply ?? "");
      client.write(Buffer.concat([Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]), behind]));
      upstream.pipe(client);
      client.pipe(upstream);
      upstream.on("close", () => client.destroy());
    });
    upstream.on("error", () => client.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0])));
    client.on("close", () => upstream.destroy());
  };

  const loopback = await listenOnLoopback(server, "socks5");
  onTestFinished(() => loopback.close());
  return { ...loopback, connects, rejected: () => rejected };
}

async function readField(socket: Socket, skip: number): Promise<Buffer> {
  const head = await read(socket, skip + 1);
  return read(socket, head[skip] ?? 0);
}

async function readAddress(socket: Socket, type: number): Promise<Pick<SeenConnect, "addressType" | "host">> {
  if (type === 1) return { addressType: "ipv4", host: [...(await read(socket, 4))].join(".") };
  if (type === 3) return { addressType: "name", host: (await readField(socket, 0)).toString("latin1") };
  const groups = (await read(socket, 16)).toString("hex").match(/.{4}/g) ?? [];
  return { addressType: "ipv6", host: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1) };
}

function read(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (bytes === 0) return resolve(Buffer.alloc(0));
    const attempt = () => {
      const chunk: Buffer | null = socket.read(bytes);
      if (chunk === null) return;
      socket.off("readable", attempt).off("close", onClose);
      resolve(chunk);
    };
    const onClose = () => reject(new Error("closed"));
    socket.on("readable", attempt).on("close", onClose);
    attempt();
  });
}
