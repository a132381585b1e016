import { getDefaultAutoSelectFamilyAttemptTimeout, isIP, type LookupFunction, Socket } from "node:net";
import type { Failure } from "../failure/failure.ts";
import { BuildError, NetworkError } from "../failure/kinds.ts";
import type { ConnectAttempt } from "./connect-attempt.ts";
import { codeOf, inBrackets } from "./error-code.ts";
import { LookupFault } from "./lookup.ts";
import { adviceFor, describePeer, type Peer } from "./peer.ts";

/**
 * Silence on a connection, in milliseconds, before TCP probes whether the peer is still there. Node sets TCP_KEEPINTVL to 1 s and
 * TCP_KEEPCNT to 10 (`socket.setKeepAlive` in its documentation), so a dead peer is detected about 35 s after its last byte. This applies
 * to connections that wait; bytes in flight are retransmitted on the system's own schedule.
 */
const KEEP_ALIVE_DELAY_MS = 25_000;

/**
 * Node 20 to 24 try an address family for 250 ms before they try the other, and do not return to it: on a slow link no address is ever
 * reached. 500 ms is the default from Node 26 on.
 */
const LEAST_FAMILY_ATTEMPT_MS = 500;

/** Opens a TCP connection: no delay, keep-alive, happy eyeballs as in Node. */
export function connectTcp(attempt: ConnectAttempt, peer: Peer, lookup: LookupFunction | undefined): Promise<Socket> {
  const { hostname, port } = peer;
  const path = peer.role === "origin" ? peer.socketPath : undefined;
  attempt.enter(path === undefined && isIP(hostname) === 0 ? "dns lookup" : "tcp connect", peer);
  const socket = new Socket().setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  attempt.own(socket);
  return new Promise((resolve, reject) => {
    let unresolved = false;
    const onLookup = (error: Error | null) => {
      unresolved = error !== null;
      if (!unresolved && !attempt.isOver) attempt.enter("tcp connect", peer);
    };
    const onConnect = () => {
      release();
      resolve(socket);
    };
    const onError = (error: Error) => {
      release();
      reject(unresolved ? lookupFailure(error, peer) : connectFailure(error, peer));
    };
    const release = () => socket.off("lookup", onLookup).off("connect", onConnect).off("error", onError);
    // Once: with several addresses Node reports each of them.
    socket.once("lookup", onLookup).on("connect", onConnect).on("error", onError);
    // Last, because a caller's lookup may answer at once.
    if (path !== undefined) return void socket.connect({ path });
    socket.connect({
      host: hostname,
      port,
      autoSelectFamilyAttemptTimeout: Math.max(getDefaultAutoSelectFamilyAttemptTimeout(), LEAST_FAMILY_ATTEMPT_MS),
      ...(lookup && { lookup }),
    });
  });
}

/**
 * The host's name has no address; `advice` replaces the usual one. A fault of a caller's lookup function is reported as the caller's, not
 * as the network's.
 */
export function lookupFailure(cause: Error, peer: Peer, advice = adviceFor("dns lookup", peer)): Failure {
  if (cause instanceof LookupFault) {
    return new BuildError(`the lookup function that was given ${cause.message} for host name ${peer.hostname}`, {
      cause,
    });
  }
  const code = codeOf(cause);
  const whose = peer.role === "proxy" ? ` of the proxy from ${peer.source}` : "";
  return new NetworkError(`host name ${peer.hostname}${whose} cannot be resolved${inBrackets(code)}; ${advice}`, {
    code,
    phase: "dns",
    cause,
  });
}

const CONNECT_FAILURES: ReadonlyMap<string | undefined, string> = new Map([
  ["ECONNREFUSED", "refused the connection"],
  ["ECONNRESET", "closed the connection while it was set up"],
  ["EHOSTUNREACH", "cannot be reached from this network"],
  ["ENETUNREACH", "cannot be reached from this network"],
  ["EADDRNOTAVAIL", "cannot be reached from this network"],
  ["ETIMEDOUT", "does not answer"],
  ["ENOENT", "does not exist"],
  ["EACCES", "may not be connected to from this process"],
  ["EPERM", "may not be connected to from this process"],
]);

function connectFailure(cause: Error, peer: Peer): NetworkError {
  const code = codeOf(cause);
  const what = CONNECT_FAILURES.get(code) ?? "could not be connected to";
  return new NetworkError(`${describePeer(peer)} ${what}${inBrackets(code)}; ${adviceFor("tcp connect", peer)}`, {
    code,
    phase: "connect",
    cause,
  });
}
