/**
 * Knows how a host is reached: which proxy the environment or an option names, which hosts are excepted, and how to get through DNS, TCP
 * and tunnels with one time limit and one signal. Must not know HTTP requests, WebSocket frames or certificates: TLS is done by the `trust`
 * it is given, and no other code in the package opens a socket. Start with `dialer.ts`, then `environment-proxy.ts` for the rules.
 */
export { type ConnectLimits, DEFAULT_CONNECT_TIMEOUT_MS } from "./connect-attempt.ts";
export { QuietSince, watchPath } from "./dead-path.ts";
export { createDialer, type Dialer, type DialerOptions, type Forward, type TlsUpgrader } from "./dialer.ts";
export type { DirectRoute, ProxyRoute, Route } from "./environment-proxy.ts";
export { newHttpAgent, newHttpsAgent } from "./node-http.ts";
export { type ConnectStep, describePeer, isThisMachine, type Peer, proxyPeer } from "./peer.ts";
export type { ProxyScheme, ProxyUrl } from "./proxy-url.ts";
export { checkTakesConnections } from "./runtime.ts";
export { type DialTarget, type TargetProtocol, targetOf } from "./target.ts";
export { PROXY_AUTHENTICATION_REQUIRED, PROXY_PROTOCOL_ERROR, PROXY_REFUSED } from "./tunnel/refusal.ts";
