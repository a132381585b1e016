import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { pairs } from "../../headers.ts";
import { dataOf, loadWs } from "../../websocket-library.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import type { ExchangeHead, Header } from "../exchanges/passed.ts";
import type { Breaking } from "./http.ts";
import { passedOn, type Upstream } from "./upstream.ts";

/** A WebSocket to the upstream, paused until `join`; or how the handshake was refused. */
export type Opened =
  | { readonly websocket: WebSocket; readonly headers: readonly Header[]; readonly wasReset: () => boolean }
  | { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array };

/** Opens the connection that a client asks for. Never rejects: a server that cannot be reached refuses with 502. */
export async function openUpstream(upstream: Upstream, head: ExchangeHead): Promise<Opened> {
  const { WebSocket: Client } = await loadWs();
  const protocols = head.headers
    .filter(([name]) => name.toLowerCase() === "sec-websocket-protocol")
    .flatMap(([, value]) => value.split(/\s*,\s*/));
  const websocket = new Client(upstream.urlOf(head.path).href.replace(/^http/, "ws"), protocols, {
    headers: upstream.requestHeaders(head),
    perMessageDeflate: false,
    maxPayload: 0,
    ...(upstream.agent && { agent: upstream.agent }),
  });
  let headers: readonly Header[] = [];
  let wasReset = false;
  websocket.on("upgrade", (answer) => {
    headers = passedOn(pairs(answer.rawHeaders));
    answer.socket.on("error", (error: NodeJS.ErrnoException) => {
      wasReset = error.code === "ECONNRESET";
    });
  });
  return new Promise((resolve) => {
    websocket.on("open", () => {
      websocket.pause();
      resolve({ websocket, headers, wasReset: () => wasReset });
    });
    websocket.on("unexpected-response", (_request, answer) => void refusalOf(answer).then(resolve));
    websocket.on("error", (error) => resolve(unreachable(upstream.unreachable(error))));
  });
}

/** Passes messages both ways, and the end of either side to the other. */
export function join(
  { websocket: server, wasReset }: Extract<Opened, { websocket: WebSocket }>,
  client: WebSocket,
  exchange: Exchange,
  breaking: Breaking,
): void {
  client.on("error", () => {}); // `close` follows
  client.on("message", (data, isBinary) => {
    exchange.pass({ kind: "sent", data: dataOf(data, isBinary) });
    server.send(data, { binary: isBinary });
  });
  client.on("close", (code, reason) => {
    exchange.end("left", { code, reason: reason.toString("utf8") });
    closeAs(server, code, reason, () => server.terminate());
  });
  server.on("message", (data, isBinary) => {
    exchange.pass({ kind: "received", data: dataOf(data, isBinary) });
    client.send(data, { binary: isBinary });
  });
  server.on("close", (code, reason) => {
    const isBroken = code === 1006;
    const how = isBroken ? (wasReset() ? "reset" : "cut") : "finished";
    exchange.end(how, isBroken ? {} : { code, reason: reason.toString("utf8") });
    closeAs(client, code, reason, wasReset() ? breaking.reset : breaking.cut);
  });
  server.resume();
}

/** 1005: closed without a code. 1006 and 1015 are never sent: the connection broke. */
function closeAs(websocket: WebSocket, code: number, reason: Buffer, sever: () => void): void {
  if (code === 1005) websocket.close();
  else if (code === 1006 || code === 1015) sever();
  else websocket.close(code, reason);
}

async function refusalOf(answer: IncomingMessage): Promise<Opened> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) chunks.push(chunk);
  } catch {
    // What was received of it is used.
  }
  return { status: answer.statusCode ?? 502, headers: passedOn(pairs(answer.rawHeaders)), body: Buffer.concat(chunks) };
}

function unreachable(body: string): Opened {
  return { status: 502, headers: [["content-type", "application/json"]], body: Buffer.from(body) };
}
