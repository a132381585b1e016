import { BuildError } from "../failure/kinds.ts";

export type TargetProtocol = "http:" | "https:" | "ws:" | "wss:";

export interface Endpoint {
  /** Name or IP literal; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** Where a connection should end: the origin of a request. */
export interface DialTarget extends Endpoint {
  readonly protocol: TargetProtocol;
  /** A Unix socket or named pipe to connect to in place of host and port; no proxy is used. Names still decide about certificates. */
  readonly socketPath?: string | undefined;
}

const DEFAULT_PORTS: Readonly<Record<TargetProtocol, number>> = { "http:": 80, "ws:": 80, "https:": 443, "wss:": 443 };

/**
 * The target of an http, https, ws or wss URL; the scheme's port where the URL names none.
 *
 * @throws {@link BuildError} Any other scheme, or no URL at all.
 */
export function targetOf(url: URL | string): DialTarget {
  const parsed = typeof url === "string" ? parseUrl(url) : url;
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

/** `host:port`, with brackets around IPv6, as a CONNECT line, a Host header and a message want it. */
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
    throw new BuildError("not a URL: it must begin with http, https, ws or wss and name a host"); // the text may hold a key
  }
}
