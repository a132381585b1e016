import type { ChosenProxy, DirectRoute } from "./environment-proxy.ts";
import { authorityOf, type Endpoint } from "./target.ts";

/** The other side of a connection step, for messages. */
export type Peer = OriginPeer | ProxyPeer;

export interface OriginPeer extends Endpoint {
  readonly role: "origin";
  /** The variable that would name a proxy for it. */
  readonly proxyVariable: "HTTP_PROXY" | "HTTPS_PROXY";
  /** Set if it is reached through a Unix socket. */
  readonly socketPath?: string | undefined;
  /** Set if no proxy is used. */
  readonly direct: DirectRoute | undefined;
}

export interface ProxyPeer extends Endpoint {
  readonly role: "proxy";
  /** The variable that names it, or `the proxy option`. */
  readonly source: string;
}

export function proxyPeer({ proxy, source }: ChosenProxy): ProxyPeer {
  return { role: "proxy", hostname: proxy.hostname, port: proxy.port, source };
}

export type ConnectStep = "dns lookup" | "tcp connect" | "proxy handshake" | "tls handshake";

export function describePeer(peer: Peer): string {
  if (peer.role === "proxy") return `the proxy ${authorityOf(peer)} (from ${peer.source})`;
  return peer.socketPath === undefined ? authorityOf(peer) : `the socket ${peer.socketPath}`;
}

/** What to do about a step that did not finish. */
export function adviceFor(step: ConnectStep, peer: Peer): string {
  switch (step) {
    case "dns lookup":
      return `check the name and this machine's DNS${proxyHint(peer)}`;
    case "tcp connect":
      return peer.role === "proxy"
        ? `check host and port in ${peer.source}, and that the proxy is up`
        : `check that the server is up and that no firewall blocks it${proxyHint(peer)}`;
    case "proxy handshake":
      return "check that it is the right kind of proxy (http, https, socks5, socks5h) and the right port";
    case "tls handshake":
      return "check that the server uses TLS on that port and that nothing in between blocks it";
  }
}

/** No network needs a proxy for these, and what is sent there stays on this machine. */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|\[?::1\]?|127\.\d+\.\d+\.\d+)$/i.test(hostname);
}

/** Why no proxy is used, in case one is needed. */
function proxyHint(peer: Peer): string {
  if (peer.role === "proxy" || isThisMachine(peer.hostname)) return "";
  if (peer.direct?.why === "unset") return `, or set ${peer.proxyVariable} if this network needs a proxy`;
  if (peer.direct?.why === "excluded") {
    return `; no proxy is used because of the entry ${peer.direct.entry} in ${peer.direct.variable}`;
  }
  return "";
}
