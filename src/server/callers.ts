import { isIP } from "node:net";

export interface CallerOptions {
  /** Where the server listens: that name is allowed as well. */
  readonly host?: string | undefined;
  /** Names that a `Host` header may have beside `localhost`, `*.localhost` and addresses, and an `Origin`. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/**
 * Keeps web pages out: a page that had its own name point here (DNS rebinding) asks under that name, and a page that asks
 * under ours says in `Origin` where it comes from. An address in `Host` is not a name, so it is let through.
 *
 * @returns What gives a stranger away; undefined where nothing does.
 */
export function strangerIn(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  { host: own, allowedHosts = [] }: CallerOptions,
): { readonly header: "Host" | "Origin"; readonly value: string } | undefined {
  const host = headers.host?.toString();
  const origin = headers.origin?.toString();
  const isOurs = (name: string) => isLocal(name) || name === own || allowedHosts.includes(name);
  if (host !== undefined && !isAddress(host) && !isOurs(nameIn(`http://${host}`)))
    return { header: "Host", value: host };
  if (origin !== undefined && !isOurs(nameIn(origin))) return { header: "Origin", value: origin };
  return undefined;
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The usual case, told without the cost of a URL. */
function isAddress(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host);
}

function nameIn(address: string): string {
  try {
    return new URL(address).hostname.toLowerCase();
  } catch {
    return "";
  }
}

function isLocal(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isIP(name.replace(/^\[|\]$/g, "")) !== 0;
}
