import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { AbortedError, type NetworkError } from "../../failure/kinds.ts";
import { interruptible } from "../../waiting/interruptible.ts";
import { knowsSecurityLevels } from "../ciphers.ts";
import { brokenHandshake, handshakeFailure, isTrustCode, type TrustFacts, untrustedPeer } from "./failure.ts";
import { hasWeakKey, readPeerChain } from "./peer-chain.ts";

export interface ConnectOptions {
  /** An open connection, to the host itself or through a proxy. After a failure it is closed. */
  readonly socket: Duplex;
  /** Name that the certificate must be valid for; sent as SNI unless it is an IP address. */
  readonly host: string;
  /** Name of the other side in messages. Default: `host`. */
  readonly shownAs?: string | undefined;
  /** Ends the attempt, and with it the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Protocols to offer, in order of preference. Default: none are offered, which means HTTP/1.1. */
  readonly alpn?: readonly string[] | undefined;
}

/**
 * Does the TLS handshake and checks the other side. The socket is returned only after certificate and host name have passed. Node's own
 * check is switched off so that the certificates can still be read when they fail; until the check here no other code has the socket, so
 * nothing is ever written to an untrusted peer. `NODE_TLS_REJECT_UNAUTHORIZED` therefore has no effect.
 *
 * @throws {@link NetworkError} Phase `tls`, with what is wrong with the certificate or the handshake.
 * @throws {@link AbortedError} The signal fired.
 */
export async function connect(
  { socket: carrier, host, shownAs, signal, alpn }: ConnectOptions,
  context: () => tls.SecureContext,
  facts: TrustFacts,
): Promise<tls.TLSSocket> {
  const name = host.replace(/^\[|\]$/g, "");
  const shown = shownAs ?? name;
  try {
    if (signal?.aborted) throw new AbortedError(signal.reason);
    // TLS over a stream that closed some time ago would wait forever.
    if (carrier.destroyed) throw brokenHandshake(carrier.errored, shown);
    const socket = tls.connect({
      socket: carrier,
      secureContext: context(),
      rejectUnauthorized: false,
      checkServerIdentity: (_, certificate) => identityProblem(name, certificate),
      ...(isIP(name) ? {} : { servername: name.replace(/\.$/, "") }),
      ...(alpn ? { ALPNProtocols: [...alpn] } : {}),
    });
    // An error without a listener must not end the process; `socket.errored` keeps it.
    socket.on("error", () => {});
    await handshake(socket, shown, signal, facts);
    if (!socket.authorized) {
      const code = String(socket.authorizationError); // Node's types say Error, but it is the code
      throw untrustedPeer({ host: name, code, reason: reasonOf(socket), chain: readPeerChain(socket) }, facts);
    }
    // Checks what OpenSSL's security level would have refused.
    const chain = knowsSecurityLevels() ? [] : readPeerChain(socket);
    if (chain.some(hasWeakKey)) throw untrustedPeer({ host: name, code: "EE_KEY_TOO_SMALL", chain }, facts);
    return socket;
  } catch (error) {
    carrier.destroy(); // closes the TLS socket too; the caller does not know whether it was used
    throw error;
  }
}

/** Node's check for names, OpenSSL's for addresses: Node 22 takes an IPv6 address for a name and refuses it. */
function identityProblem(name: string, certificate: tls.PeerCertificate): Error | undefined {
  if (!isIP(name)) return tls.checkServerIdentity(name, certificate);
  if (new X509Certificate(certificate.raw).checkIP(name) !== undefined) return undefined;
  return Object.assign(new Error("address not in certificate"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

/** OpenSSL's text for the failure: Node keeps it in the handle, and gives only the code `UNSPECIFIED` if it has no other. */
function reasonOf(socket: tls.TLSSocket): string | undefined {
  const { _handle: handle } = socket as { _handle?: { verifyError?: () => Error | null | undefined } };
  return handle?.verifyError?.()?.message;
}

/** Node checks after the handshake; a runtime whose TLS checks by itself (Deno) ends the handshake with the code of the check. */
function failureOf(error: unknown, shown: string, facts: TrustFacts): NetworkError {
  const { code = "", message } = (error ?? {}) as { readonly code?: string; readonly message?: string };
  if (isTrustCode(code) && !code.startsWith("ERR_SSL_"))
    return untrustedPeer({ host: shown, code, reason: message, chain: [] }, facts);
  return handshakeFailure(error, shown, facts) ?? brokenHandshake(error, shown);
}

function handshake(
  socket: tls.TLSSocket,
  shown: string,
  signal: AbortSignal | undefined,
  facts: TrustFacts,
): Promise<void> {
  return interruptible({ signal }, (resolve, reject) => {
    const onSecure = () => resolve();
    const onError = (error: unknown) => reject(failureOf(error, shown, facts));
    const onClose = () => reject(brokenHandshake(undefined, shown));
    socket.on("secureConnect", onSecure).on("error", onError).on("close", onClose);
    return () => socket.off("secureConnect", onSecure).off("error", onError).off("close", onClose);
  });
}
