import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import { type Loopback, listenOnLoopback } from "./loopback.ts";

export interface HttpProxyOptions {
  /** Requires these credentials (Basic); otherwise it answers 407. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Speaks TLS itself (an `https://` proxy). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answers every request with this status. */
  readonly refuseWith?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
  /** False: refuses every CONNECT with 405, but forwards requests. */
  readonly tunnels?: false;
  /** Hosts that only this proxy can resolve. */
  readonly hosts?: Readonly<Record<string, string>>;
}

export interface SeenRequest {
  readonly method: string;
  /** `host:port` of a CONNECT, the absolute URL of a forwarded request. */
  readonly target: string;
  /** Names as sent, in wire order. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage["headers"];
}

export interface HttpProxy extends Loopback {
  readonly connects: readonly SeenRequest[];
  readonly forwards: readonly SeenRequest[];
}

/** A forward proxy on loopback for CONNECT and requests in absolute form, closed at the end of the test. */
export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const connects: SeenRequest[] = [];
  const forwards: SeenRequest[] = [];
  const server = options.tls ? createTlsServer(options.tls) : createServer();

  server.on("connect", (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    connects.push(seen(incoming));
    client.on("error", () => {});
    const refusal =
      options.tunnels === false ? { status: 405, headers: {}, body: "no tunnels" } : refusalOf(incoming, options);
    if (refusal) {
      const fields = Object.entries({ ...refusal.headers, "content-length": String(refusal.body.length) });
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      client.end(`HTTP/1.1 ${refusal.status} Refused\r\n${lines}\r\n${refusal.body}`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const upstream = connect(Number(port || 80), resolved(hostname, options), () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
      upstream.on("close", () => client.destroy());
    });
    upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    client.on("close", () => upstream.destroy());
  });

  server.on("request", (incoming: IncomingMessage, answer: ServerResponse) => {
    forwards.push(seen(incoming));
    const refusal = refusalOf(incoming, options);
    if (refusal) {
      answer.writeHead(refusal.status, refusal.headers).end(refusal.body);
      return;
    }
    const url = new URL(incoming.url ?? "");
    const headers = { ...incoming.headers };
    delete headers["proxy-authorization"];
    const upstream = request(
      {
        host: resolved(url.hostname, options),
        port: url.port,
        method: incoming.method,
        path: url.pathname + url.search,
        headers,
      },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    upstream.on("error", () => answer.writeHead(502).end());
    incoming.pipe(upstream);
  });

  const loopback = await listenOnLoopback(server, options.tls ? "https" : "http");
  onTestFinished(() => loopback.close());
  return { ...loopback, connects, forwards };
}

function refusalOf(incoming: IncomingMessage, { credentials, refuseWith }: HttpProxyOptions) {
  if (refuseWith) {
    return { status: refuseWith.status, headers: refuseWith.headers ?? {}, body: refuseWith.body ?? "refused" };
  }
  if (!credentials) return undefined;
  const expected = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
  if (incoming.headers["proxy-authorization"] === `Basic ${expected}`) return undefined;
  return { status: 407, headers: { "proxy-authenticate": 'Basic realm="proxy"' }, body: "who are you?" };
}

function resolved(hostname: string, { hosts }: HttpProxyOptions): string {
  return hosts?.[hostname] ?? hostname.replace(/^\[|\]$/g, "");
}

function seen(incoming: IncomingMessage): SeenRequest {
  const { method = "", url = "", rawHeaders, headers } = incoming;
  return { method, target: url, rawHeaders, headers };
}
