import { isIP } from "node:net";
import { ServiceError } from "./service-error.ts";

export interface CallerOptions {
  /** Where the server listens: that name is allowed as well. */
  readonly host?: string;
  /** Names that a `Host` header may have beside `localhost`, `*.localhost` and addresses, and an `Origin`. */
  readonly allowedHosts?: readonly string[];
}

/**
 * Keeps web pages out: a page that had its own name point here (DNS rebinding) asks under that name, and a page that asks
 * under ours says in `Origin` where it comes from. An address in `Host` is nobody's name, so it is let through.
 *
 * @throws {@link ServiceError} 403
 */
export function checkCaller(
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  { host: own, allowedHosts = [] }: CallerOptions,
): void {
  const host = headers.host?.toString();
  const origin = headers.origin?.toString();
  const isOurs = (name: string) => isLocal(name) || name === own || allowedHosts.includes(name);
  if (host !== undefined && !isAddress(host) && !isOurs(nameIn(`http://${host}`))) {
    throw refusal(`Host '${host}' is not this machine; allow it with the option allowedHosts.`, "host_not_allowed");
  }
  if (origin !== undefined && !isOurs(nameIn(origin))) {
    throw refusal(
      `Origin '${origin}' is not this machine; allow its host with the option allowedHosts.`,
      "origin_not_allowed",
    );
  }
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

function refusal(message: string, code: string): ServiceError {
  return new ServiceError(403, { message, code });
}
