import { isIP } from "node:net";

export interface CallerOptions {
  /** The name on which the server listens; it is allowed too. None by default. */
  readonly host?: string | undefined;
  /** Names that a `Host` or `Origin` header may contain in addition to `localhost`, `*.localhost` and addresses. None by default. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/**
 * Keeps web pages out: a page that had its own name point here (DNS rebinding) asks under that name, and a page that asks
 * under ours says in `Origin` where it comes from. An address in `Host` is not a name, so it is let through; one in `Origin` may be anybody's, so that
 * it has to be of this machine, or the one in `Host`.
 *
 * @returns What gives a stranger away; undefined where nothing does.
 */
export function strangerIn(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  { host: own, allowedHosts = [] }: CallerOptions,
): { readonly header: "Host" | "Origin"; readonly value: string } | undefined {
  const host = headers.host?.toString();
  const origin = headers.origin?.toString();
  const isOurs = (name: string) =>
    name.endsWith(".localhost") ||
    isLoopback(name) ||
    [own, ...allowedHosts].some((each) => each?.toLowerCase() === name);
  const hostName = (): string => nameIn(`http://${host}`);
  if (host !== undefined && !isUsual(host) && !isOurs(hostName()) && !isIP(hostName()))
    return { header: "Host", value: host };
  if (origin === undefined) return undefined;
  const name = nameIn(origin);
  return isOurs(name) || (isIP(name) && name === hostName()) ? undefined : { header: "Origin", value: origin };
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The usual case, told without the cost of a URL. */
function isUsual(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host);
}

function nameIn(address: string): string {
  try {
    return new URL(address).hostname.toLowerCase().replace(/^\[|\]$/g, "");
  } catch {
    return "";
  }
}
