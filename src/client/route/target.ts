import { BuildError } from "../failure/kinds.ts";

export type TargetProtocol = "http:" | "https:" | "ws:" | "wss:";

export interface Endpoint {
  /** A name or an IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** Where a connection should lead: the origin of a request. */
export interface DialTarget extends Endpoint {
  readonly protocol: TargetProtocol;
  /** A Unix socket or named pipe to connect to instead of host and port; no proxy is used. Certificates are still checked by name. */
  readonly socketPath?: string | undefined;
}

const DEFAULT_PORTS: Readonly<Record<TargetProtocol, number>> = { "http:": 80, "ws:": 80, "https:": 443, "wss:": 443 };

/**
 * The target of an http, https, ws or wss URL, with the scheme's port if the URL has none.
 *
 * @throws {@link BuildError} Another scheme, or not a URL.
 */
export function targetOf(url: URL | string): DialTarget {
  const parsed = typeof url === "object" && url !== null ? url : parseUrl(url);
  const { protocol } = parsed;
  if (!isTargetProtocol(protocol)) {
    throw new BuildError(`a ${protocol}// URL cannot be connected to: it must begin with http, https, ws or wss`);
  }
  return {
    protocol,
    hostname: withoutBrackets(parsed.hostname),
    port: parsed.port === "" ? DEFAULT_PORTS[protocol] : Number(parsed.port),
  };
}

export function isSecure(protocol: TargetProtocol): boolean {
  return protocol === "https:" || protocol === "wss:";
}

/** `host:port`, with brackets around IPv6, for CONNECT lines, Host headers and messages. */
export function authorityOf({ hostname, port }: Endpoint): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

export function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
}

function isTargetProtocol(protocol: string): protocol is TargetProtocol {
  return protocol in DEFAULT_PORTS;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new BuildError("not a URL: it must begin with http, https, ws or wss and name a host"); // the text may contain a key
  }
}
