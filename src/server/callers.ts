import { isIP } from "node:net";

export interface CallerOptions {
  /** The name on which the server listens; it is allowed too. None by default. */
  readonly host?: string | undefined;
  /** Names that a `Host` or `Origin` header may contain in addition to `localhost`, `*.localhost` and addresses. None by default. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/**
 * Refuses requests of web pages. A page whose name was pointed to this server (DNS rebinding) sends that name as `Host`, and a page that
 * uses our name sends its own as `Origin`. An address in `Host` is not a name, so it is allowed; an address in `Origin` may be anyone's, so
 * it must be on this machine, or equal to the `Host`.
 *
 * @returns What identifies a foreign page; undefined if the request is allowed.
 */
export function strangerIn(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  { host: own, allowedHosts = [] }: CallerOptions,
): { readonly header: "Host" | "Origin"; readonly value: string } | undefined {
  const host = headers.host?.toString();
  const origin = headers.origin?.toString();
  if (origin === undefined && (host === undefined || isUsual(host))) return undefined;
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

/** True if only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The usual case, recognised without parsing a URL. */
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
