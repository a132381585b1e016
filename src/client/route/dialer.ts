import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { secretsOf } from "../../secrets/index.ts";
import type { Environment } from "../environment.ts";
import { BuildError, type NetworkError } from "../failure/kinds.ts";
import { type HeaderInit, type HeaderMap, mergeHeaders } from "../headers.ts";
import { type Logger, steadyLogger } from "../observe/log.ts";
import { knownOptions, text } from "../options.ts";
import { attemptConnection, type ConnectAttempt, type ConnectLimits } from "./connect-attempt.ts";
import {
  type ChosenProxy,
  chooseRoute,
  ignoredEntries,
  OPTION_SOURCE,
  type ProxyRoute,
  type Route,
  readProxyEnvironment,
  routeThrough,
} from "./environment-proxy.ts";
import { steadyLookup } from "./lookup.ts";
import { describePeer, type OriginPeer, type Peer, proxyPeer } from "./peer.ts";
import { parseProxyUrl } from "./proxy-url.ts";
import { authorityOf, type DialTarget, type Endpoint, isSecure, targetOf, withoutBrackets } from "./target.ts";
import { connectTcp, lookupFailure } from "./tcp-connect.ts";
import { openHttpTunnel, proxyHeaderSecrets } from "./tunnel/http.ts";
import { httpRefusal } from "./tunnel/refusal.ts";
import { openSocksTunnel } from "./tunnel/socks.ts";

/** The part of `Trust` that is needed here. */
export interface TlsUpgrader {
  /**
   * Starts TLS on a connection. `host` is the name to send and to verify; `shownAs` is used in messages if that is clearer.
   *
   * @throws {@link NetworkError} Phase `tls`: the handshake failed or the socket closed.
   */
  connect(options: {
    readonly socket: Socket;
    readonly host: string;
    readonly shownAs?: string | undefined;
  }): Promise<Socket>;
  /** What, besides a server without TLS, can leave a handshake unanswered here, as a sentence. */
  silenceHint?(): string | undefined;
  /** Explains a TLS error that broke an open connection; undefined for any other error. */
  explain?(error: unknown, host: string): NetworkError | undefined;
}

export interface DialerOptions {
  readonly trust: TlsUpgrader;
  /**
   * A proxy for every URL, regardless of `NO_PROXY`, e.g. `socks5h://proxy.example:1080`; `false` for none.
   * @default from the environment
   */
  readonly proxy?: string | false | undefined;
  /** Sent with each CONNECT; they replace headers that are sent anyway (`User-Agent`, `Proxy-Authorization`). None by default. */
  readonly proxyHeaders?: HeaderInit | undefined;
  /** Read once, when the dialer is made. @default `process.env` */
  readonly env?: Environment | undefined;
  /** Resolves host names, in the form of `dns.lookup`. @default `dns.lookup` */
  readonly lookup?: LookupFunction | undefined;
  /** `console`, pino or a similar logger. Silent by default. */
  readonly logger?: Logger | undefined;
}

const OPTIONS = knownOptions<DialerOptions>("the options of a dialer", {
  trust: true,
  proxy: true,
  proxyHeaders: true,
  env: true,
  lookup: true,
  logger: true,
});

/** Opens all connections of this package: proxy selection, TCP, proxy and TLS. It holds no connection itself. */
export interface Dialer {
  /** How a URL (http, https, ws, wss) would be reached, and why. Opens nothing. */
  route(url: URL | string): Route;
  /**
   * Opens a socket to the target, ready for the first byte of HTTP: through a tunnel if a proxy is used, with TLS for https and wss. The
   * caller owns it.
   *
   * @throws {@link NetworkError} `phase` is `dns`, `connect`, `proxy` or `tls`; a proxy's refusal has the code
   *   `PROXY_AUTHENTICATION_REQUIRED` or `PROXY_REFUSED` and, from an HTTP proxy, `proxyStatus`.
   * @throws {@link TimeoutError} `phase` is `connect`; the message names the current step.
   * @throws {@link AbortedError} `signal` fired. As with every failure, nothing stays open.
   */
  dial(target: DialTarget, limits?: ConnectLimits): Promise<Socket>;
  /** Set if `url` is plain HTTP and an HTTP proxy is used: such a request is sent to the proxy without a tunnel. */
  forward(url: URL | string): Forward | undefined;
  /** Credentials for the proxy used for `url`, which no message may show. Empty if there is none. */
  proxySecrets(url: URL | string): readonly string[];
  /**
   * Explains a TLS error that broke an open connection to `url`: with TLS 1.3 a server's demand for a client certificate arrives only then.
   * Undefined for any other error.
   */
  explain(error: unknown, url: URL | string): NetworkError | undefined;
}

/** How a plain HTTP request is sent to a proxy: in absolute form, with these headers, on a connection to the proxy. */
export interface Forward {
  readonly route: ProxyRoute;
  /** `proxy-authorization`, if the proxy has credentials. Do not print it. */
  readonly headers: HeaderMap;
  /** A connection to the proxy, with TLS for an https proxy. Throws as {@link Dialer.dial} does. */
  dial(limits?: ConnectLimits): Promise<Socket>;
  /**
   * The proxy's own refusal, if the answer is one: 407, which origins do not send, or 401 if it shows that the proxy needs other
   * credentials (tinyproxy). Any other answer may be the origin's.
   */
  refusal(status: number, headers: HeaderMap): NetworkError | undefined;
}

/** @throws {@link BuildError} A proxy setting in effect is unusable: an unsupported scheme, or a malformed URL. */
export function createDialer(options: DialerOptions): Dialer {
  OPTIONS(options);
  const { trust } = options;
  const proxyHeaders = mergeHeaders(options.proxyHeaders);
  const logger = steadyLogger(options.logger);
  const ownLookup = options.lookup && steadyLookup(options.lookup);
  const routeOf = routePolicy(options, logger);

  const upgrade = async (attempt: ConnectAttempt, socket: Socket, peer: Peer): Promise<Socket> => {
    attempt.enter("tls handshake", peer);
    const shownAs = peer.role === "proxy" ? describePeer(peer) : undefined;
    return trust.connect({ socket, host: peer.hostname, shownAs });
  };

  const connectToProxy = async (attempt: ConnectAttempt, chosen: ChosenProxy): Promise<Socket> => {
    const peer = proxyPeer(chosen);
    const socket = await connectTcp(attempt, peer, ownLookup);
    return chosen.proxy.scheme === "https" ? upgrade(attempt, socket, peer) : socket;
  };

  const openTunnel = async (
    attempt: ConnectAttempt,
    route: ProxyRoute,
    origin: OriginPeer,
    lookup: LookupFunction | undefined,
  ): Promise<Socket> => {
    const { proxy, source } = route;
    const target = proxy.scheme === "socks5" ? await resolveHere(attempt, origin, source, lookup) : origin;
    const socket = await connectToProxy(attempt, route);
    attempt.enter("proxy handshake", proxyPeer(route));
    return proxy.isSocks
      ? openSocksTunnel(socket, route, target, attempt.timeoutMs)
      : openHttpTunnel(socket, route, target, proxyHeaders);
  };

  return {
    route: (url) => routeOf(targetOf(url)),
    proxySecrets(url) {
      const route = routeOf(targetOf(url));
      if (route.kind !== "proxy") return [];
      const authorization = route.proxy.basicAuthorization() ?? "";
      return secretsOf({
        url: "",
        headers: { "proxy-authorization": authorization },
        secrets: proxyHeaderSecrets(proxyHeaders),
      });
    },
    explain: (error, url) => trust.explain?.(error, targetOf(url).hostname),

    async dial(target, limits = {}) {
      const route: Route = target.socketPath === undefined ? routeOf(target) : { kind: "direct", why: "socket path" };
      const lookup = limits.lookup ? steadyLookup(lookupOnRoute(limits.lookup, route)) : ownLookup;
      const origin = originPeer(target, route);
      const startedAt = performance.now();
      const connect = async (attempt: ConnectAttempt): Promise<Socket> => {
        const plain = await (route.kind === "direct"
          ? connectTcp(attempt, origin, lookup)
          : openTunnel(attempt, route, origin, lookup));
        return isSecure(target.protocol) ? upgrade(attempt, plain, origin) : plain;
      };
      const socket = await attemptConnection(origin, limits, connect, () => trust.silenceHint?.());
      const durationMs = Math.round(performance.now() - startedAt);
      const via = route.kind === "proxy" ? { proxy: route.proxy.toString(), source: route.source } : {};
      logger.debug({ target: authorityOf(origin), ...via, durationMs }, "connected");
      return socket;
    },

    forward(url) {
      const target = targetOf(url);
      const route = routeOf(target);
      if (route.kind !== "proxy" || route.mode !== "forward") return undefined;
      const authorization = route.proxy.basicAuthorization();
      return {
        route,
        headers: authorization === undefined ? {} : { "proxy-authorization": authorization },
        dial: (limits = {}) =>
          attemptConnection(originPeer(target, route), limits, (attempt) => connectToProxy(attempt, route)),
        refusal: (status, headers) =>
          status === 407 || (status === 401 && authorization !== undefined && asksForProxyCredentials(headers))
            ? httpRefusal(route, target, { status, challenge: headers["proxy-authenticate"] })
            : undefined,
      };
    },
  };
}

/** Answers that a proxy passes on have its name in `via` (RFC 9110 §7.6.3); its own answers do not. */
function asksForProxyCredentials(headers: HeaderMap): boolean {
  return headers.via === undefined && /^basic\b/i.test(headers["www-authenticate"] ?? "");
}

function routePolicy({ proxy, env = process.env }: DialerOptions, logger: Logger): (target: DialTarget) => Route {
  if (proxy === false) return () => ({ kind: "direct", why: "disabled" });
  if (proxy !== undefined) {
    const chosen = { proxy: parseProxyUrl(text("proxy", proxy), OPTION_SOURCE), source: OPTION_SOURCE };
    return (target) => routeThrough(chosen, target);
  }
  const environment = readProxyEnvironment(env);
  const { exceptions } = environment;
  if (exceptions && exceptions.ignored.length > 0) {
    logger.warn({ variable: exceptions.variable, entries: exceptions.ignored }, ignoredEntries(exceptions.variable));
  }
  return (target) => chooseRoute(target, environment);
}

/** @throws {@link BuildError} The proxy resolves names: ignoring the function could silently lead to another server. */
function lookupOnRoute(lookup: LookupFunction, route: Route): LookupFunction {
  if (route.kind === "direct" || route.proxy.scheme === "socks5") return lookup;
  throw new BuildError(
    `a lookup function has no effect through ${route.proxy} (from ${route.source}), which resolves names itself; leave lookup out, put the host into NO_PROXY, or use a socks5:// proxy, for which names are resolved here`,
  );
}

function originPeer(target: DialTarget, route: Route): OriginPeer {
  return {
    role: "origin",
    hostname: withoutBrackets(target.hostname),
    port: target.port,
    socketPath: target.socketPath,
    proxyVariable: isSecure(target.protocol) ? "HTTPS_PROXY" : "HTTP_PROXY",
    direct: route.kind === "direct" ? route : undefined,
  };
}

/** The target's address, for `socks5://`. IPv4 first, because a proxy is more likely to lack IPv6. */
function resolveHere(
  attempt: ConnectAttempt,
  origin: OriginPeer,
  source: string,
  lookup: LookupFunction = systemLookup,
): Promise<Endpoint> {
  const { hostname, port } = origin;
  if (isIP(hostname) !== 0) return Promise.resolve(origin);
  attempt.enter("dns lookup", origin);
  return new Promise((resolve, reject) => {
    lookup(hostname, { verbatim: false }, (error, address) => {
      if (!error && typeof address === "string") return resolve({ hostname: address, port });
      const advice = `check the name, or write socks5h:// into ${source} so that the proxy resolves it`;
      reject(lookupFailure(error ?? new Error("no address"), origin, advice));
    });
  });
}
