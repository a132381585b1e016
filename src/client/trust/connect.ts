import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { AbortedError, NetworkError } from "../errors.ts";
import { brokenHandshake, handshakeFailure, type TrustFacts, untrustedPeer } from "./failure.ts";
import { readPeerChain } from "./peer-chain.ts";

/** A connection that stands already, e.g. a proxy's tunnel; or an address to connect to. */
export type TlsTarget = Duplex | { readonly host: string; readonly port: number };

export interface ConnectOptions {
  /** Name that the certificate must be made out to, and that is sent as SNI unless it is an IP address. */
  readonly host: string;
  /** Ends the attempt, and with it the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Protocols to offer, the preferred first. Default: none are offered, which means HTTP/1.1. */
  readonly alpn?: readonly string[] | undefined;
}

const TCP_KEEP_ALIVE_MS = 60_000;

/**
 * Opens a TLS connection and checks it. The socket is handed out only once certificate and host name have passed: Node is told not to
 * check by itself so that the certificates can still be read when they fail, and until the check here nobody else holds the socket,
 * so nothing is ever written to a peer that is not trusted.
 *
 * @throws {@link NetworkError} Phase `tls`, with what is wrong with the certificate; or `dns` or `connect` for an address.
 * @throws {@link AbortedError} The signal fired.
 */
export function connect(
  target: TlsTarget,
  { host, signal, alpn }: ConnectOptions,
  context: () => tls.SecureContext,
  facts: TrustFacts,
): Promise<tls.TLSSocket> {
  const name = host.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      release(target);
      return reject(new AbortedError(signal.reason));
    }
    if (isStream(target) && target.destroyed) return reject(brokenHandshake(target.errored, name));

    const secureContext = acquire(context, target);
    const socket = tls.connect({
      ...(isStream(target) ? { socket: target } : addressOptions(target)),
      ...(alpn ? { ALPNProtocols: [...alpn] } : {}),
      ...(isIP(name) ? {} : { servername: name.replace(/\.$/, "") }),
      checkServerIdentity: (_, certificate) => tls.checkServerIdentity(name, certificate),
      secureContext,
      rejectUnauthorized: false,
    });
    let reached = isStream(target);
    const fail = (error: unknown) => {
      settle();
      socket.destroy();
      release(target);
      reject(error);
    };
    const onReached = () => {
      reached = true;
    };
    const onSecure = () => {
      if (socket.authorized) {
        settle();
        return resolve(socket);
      }
      // Node's types say Error; what it sets is the code.
      const code = String(socket.authorizationError);
      fail(untrustedPeer({ host: name, code, chain: readPeerChain(socket) }, facts));
    };
    const onError = (error: unknown) => {
      if (!reached && !isStream(target)) return fail(unreachable(error, target));
      fail(handshakeFailure(error, name, facts) ?? brokenHandshake(error, name));
    };
    const onClose = () => fail(brokenHandshake(undefined, name));
    const onAbort = () => fail(new AbortedError(signal?.reason));
    const settle = () => {
      socket.off("connect", onReached).off("secureConnect", onSecure).off("error", onError).off("close", onClose);
      signal?.removeEventListener("abort", onAbort);
      socket.on("error", ignore); // an error between two owners must not end the process; `errored` keeps it
    };
    socket.on("connect", onReached).on("secureConnect", onSecure).on("error", onError).on("close", onClose);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function ignore(): void {}

function isStream(target: TlsTarget): target is Duplex {
  return "destroyed" in target;
}

/** Who gave a connection away for TLS cannot use it after a failure, nor close it without knowing. */
function release(target: TlsTarget): void {
  if (isStream(target)) target.destroy();
}

function acquire(context: () => tls.SecureContext, target: TlsTarget): tls.SecureContext {
  try {
    return context();
  } catch (error) {
    release(target);
    throw error;
  }
}

function addressOptions({ host, port }: { readonly host: string; readonly port: number }): tls.ConnectionOptions {
  const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS };
  return { host: host.replace(/^\[|\]$/g, ""), port, ...tcp };
}

function unreachable(error: unknown, { host, port }: { readonly host: string; readonly port: number }): NetworkError {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const fields = { code, phase: syscall === "getaddrinfo" ? "dns" : "connect" } as const;
  const text =
    fields.phase === "dns"
      ? `the name ${host} cannot be resolved (${code}). Check the address, and whether a proxy is needed here.`
      : `cannot connect to ${host} port ${port} (${code ?? message}).`;
  return new NetworkError(text, fields, { cause: error });
}
