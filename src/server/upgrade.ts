import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** For `createServer`: where Node knows it (22.21, 24.9), no other request comes as an `upgrade`. */
export const UPGRADE_OPTIONS: object = { shouldUpgradeCallback: asksForWebSocket };

/**
 * Has the server take a request that offers another protocol than ours for the plain one that it is (RFC 9110 §7.8): Java's client offers
 * HTTP/2 with each first request. An older Node leaves no way back from its `upgrade`, so that the request is read once more, without the
 * offer.
 */
export function withoutUpgrade(server: Server, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders, headers } = message;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!OF_THE_OFFER.test(rawHeaders[at] ?? "")) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  const kept = headers.connection?.split(",").filter((name) => !OF_THE_OFFER.test(name.trim())) ?? [];
  if (kept.length > 0) lines.push(`connection: ${kept.join(",")}`);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}

const OF_THE_OFFER = /^(?:connection|upgrade|http2-settings)$/i;
