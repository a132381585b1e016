import type { Environment } from "../environment.ts";
import { findNoProxyEntry, type NoProxyList, parseNoProxy } from "./no-proxy.ts";
import { type ProxyUrl, parseProxyUrl } from "./proxy-url.ts";
import { type DialTarget, isSecure } from "./target.ts";

/** How a target is reached, and why. */
export type Route = DirectRoute | ProxyRoute;

export interface DirectRoute {
  readonly kind: "direct";
  /**
   * `unset`: no variable names a proxy for it; `excluded`: an entry of `NO_PROXY` matches; `disabled`: the option `proxy: false`; `socket
   * path`: it is a Unix socket.
   */
  readonly why: "unset" | "excluded" | "disabled" | "socket path";
  /** The variable that excludes it. */
  readonly variable?: string;
  /** Its entry that matched, as written. */
  readonly entry?: string;
}

export interface ProxyRoute extends ChosenProxy {
  readonly kind: "proxy";
  /**
   * `forward`: the request is sent to the proxy in absolute form (plain HTTP); `tunnel`: the proxy passes bytes through (everything else).
   */
  readonly mode: "forward" | "tunnel";
}

/** Name for a proxy given by the program. */
export const OPTION_SOURCE = "the proxy option";

export interface ChosenProxy {
  readonly proxy: ProxyUrl;
  /** The variable that names it, as spelled in the environment, or {@link OPTION_SOURCE}. */
  readonly source: string;
}

/** The proxy variables, read and checked. */
export interface ProxyEnvironment {
  /** For http and ws. */
  readonly plain: ChosenProxy | undefined;
  /** For https and wss. */
  readonly secure: ChosenProxy | undefined;
  readonly exceptions: (NoProxyList & { readonly variable: string }) | undefined;
}

/**
 * Reads the proxy variables. `HTTP_PROXY` is used for http and ws, `HTTPS_PROXY` for https and wss, `ALL_PROXY` for both if the specific
 * one is not set. The lower-case spelling takes precedence; an empty value counts as unset. Loopback names use the proxy like any other
 * name.
 *
 * Upper-case `HTTP_PROXY` is ignored if `REQUEST_METHOD` is set: under CGI it is the header `Proxy` of a client's request. (The Rust client
 * does the same; curl always ignores that spelling.)
 *
 * @throws {@link BuildError} A variable in effect contains no usable proxy: connecting directly would silently bypass the proxy.
 */
export function readProxyEnvironment(env: Environment): ProxyEnvironment {
  const upperHttp = env.REQUEST_METHOD ? [] : ["HTTP_PROXY"];
  const exceptions = firstSet(env, ["no_proxy", "NO_PROXY"]);
  return {
    plain: chosenBy(firstSet(env, ["http_proxy", ...upperHttp, "all_proxy", "ALL_PROXY"])),
    secure: chosenBy(firstSet(env, ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])),
    exceptions: exceptions && { variable: exceptions.variable, ...parseNoProxy(exceptions.value) },
  };
}

/** The route to `target` that the environment sets. */
export function chooseRoute(target: DialTarget, environment: ProxyEnvironment): Route {
  const chosen = isSecure(target.protocol) ? environment.secure : environment.plain;
  if (!chosen) return { kind: "direct", why: "unset" };
  const { exceptions } = environment;
  const entry = exceptions && findNoProxyEntry(exceptions, target);
  if (exceptions && entry !== undefined) {
    return { kind: "direct", why: "excluded", variable: exceptions.variable, entry };
  }
  return routeThrough(chosen, target);
}

/** A message about entries of `NO_PROXY` that are not understood. */
export function ignoredEntries(variable: string): string {
  return `entries of ${variable} that are not a host, address, range, CIDR block, <local> or * are ignored`;
}

export function routeThrough({ proxy, source }: ChosenProxy, target: DialTarget): ProxyRoute {
  const mode = target.protocol === "http:" && !proxy.isSocks ? "forward" : "tunnel";
  return { kind: "proxy", proxy, source, mode };
}

function chosenBy(setting: { variable: string; value: string } | undefined): ChosenProxy | undefined {
  return setting && { proxy: parseProxyUrl(setting.value, setting.variable), source: setting.variable };
}

function firstSet(env: Environment, names: readonly string[]): { variable: string; value: string } | undefined {
  for (const variable of names) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}
