import type { X509Certificate } from "node:crypto";
import type { Outlook } from "../../failure/failure.ts";
import { isCaError, NetworkError } from "../../failure/kinds.ts";
import { type CaBundle, describeSource, readCaBundle } from "../bundle.ts";
import type { CaSelection } from "../selection.ts";
import { largeHelloHint } from "./large-hello.ts";
import { describeCertificate } from "./peer-chain.ts";
import { judge } from "./verdict.ts";

/** What connections are checked against, for messages. */
export interface TrustFacts {
  readonly selection: CaSelection;
  readonly bundle: CaBundle | undefined;
  readonly hasClientCertificate: boolean;
  /** Problems with the files of system roots, and settings without effect, a sentence each. */
  readonly problems?: (() => readonly string[]) | undefined;
}

/** A file that was changed after it was read: it may contain the missing certificate by now. */
function changedSince(bundle: CaBundle | undefined): readonly string[] {
  const path = bundle?.source.path;
  if (!bundle || path === undefined) return [];
  try {
    if (readCaBundle({ path }).digest === bundle.digest) return [];
    return [`${path} has changed since it was read: call reload(), create a new client, or restart the program.`];
  } catch {
    return [`${path} has changed since it was read, and can no longer be used.`];
  }
}

/** What the other side presented, and the code of the failed check. */
export interface RefusedPeer {
  readonly host: string;
  readonly code: string;
  /** OpenSSL's text for it. */
  readonly reason?: string | undefined;
  readonly chain: readonly X509Certificate[];
  /** Unix time in milliseconds. Default: now. */
  readonly now?: number | undefined;
}

/** The error for a certificate that was refused: what is wrong, who issued it, what is trusted, what to do. */
export function untrustedPeer(
  { host, code, reason, chain, now = Date.now() }: RefusedPeer,
  facts: TrustFacts,
): NetworkError {
  const verdict = judge({ host, code, reason, chain, bundle: facts.bundle, now });
  const sentences = [
    `TLS certificate of ${host} refused: ${verdict.what} (${verdict.code}).`,
    describeChain(chain),
    describeTrusted(facts),
    ...changedSince(facts.bundle),
    ...(facts.problems?.() ?? []),
    verdict.advice,
  ];
  return tlsError(sentences, verdict.code, "never");
}

interface HandshakeCause {
  /** Tested against the code and the reason, upper case, words joined by `_`, because OpenSSL 3.0 and 3.5 have different prefixes. */
  readonly pattern: RegExp;
  readonly what: string;
  readonly advice: string;
  readonly isTrust: boolean;
}

const DEMANDED = "Give one with the option clientCertificate, made by an authority that the server accepts.";

const CERTIFICATE_DEMANDED: HandshakeCause = {
  pattern: /ALERT_CERTIFICATE_REQUIRED/,
  what: "the server demands a client certificate",
  advice: DEMANDED,
  isTrust: true,
};

const CERTIFICATE_REFUSED: HandshakeCause = {
  pattern:
    /ALERT_(BAD|UNSUPPORTED)_CERTIFICATE|ALERT_CERTIFICATE_|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|ALERT_DECRYPT_ERROR/,
  what: "the server refused the client certificate",
  advice: "Check that the client certificate is the one the server expects and has not expired.",
  isTrust: true,
};

/** The first whose pattern matches is used. */
const HANDSHAKE_CAUSES: readonly HandshakeCause[] = [
  CERTIFICATE_DEMANDED,
  CERTIFICATE_REFUSED,
  {
    pattern: /ALERT_HANDSHAKE_FAILURE/,
    what: "the server refused the handshake: it demands a client certificate, or shares no cipher with this side",
    advice: DEMANDED,
    isTrust: true,
  },
  {
    pattern: /UNSAFE_LEGACY_RENEGOTIATION/,
    what: "the other side, or a proxy that inspects TLS, supports only the old, unsafe form of renegotiation",
    advice:
      "It must be updated (RFC 5746). Until then, a file named by OPENSSL_CONF can allow it, at the risk that the RFC describes: [ssl_sect] Options = UnsafeLegacyServerConnect.",
    isTrust: false,
  },
  {
    pattern: /KEY_TOO_SMALL|MD_TOO_WEAK/,
    what: "a key or signature of the other side is too weak",
    advice: "The operators of that server or proxy must renew it.",
    isTrust: true,
  },
  {
    pattern: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/,
    what: "the other side does not use TLS on this port",
    advice: "Check scheme and port of the address and of any proxy (http:// where https:// is written?).",
    isTrust: false,
  },
  {
    pattern: /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/,
    what: "the two sides have no TLS version in common; at least 1.2 is needed",
    advice: "The server or a proxy in front of it must be updated.",
    isTrust: false,
  },
  {
    pattern: /UNRECOGNIZED_NAME/,
    what: "the server does not know a host of that name",
    advice: "Check the address.",
    isTrust: false,
  },
  {
    pattern: /NO_APPLICATION_PROTOCOL/,
    what: "the server supports none of the offered protocols (ALPN)",
    advice: "Offer another one, or none.",
    isTrust: false,
  },
];

/**
 * The error for a TLS failure other than an untrusted certificate; undefined if `error` is not one. With TLS 1.3 a demand for a client
 * certificate arrives on the open connection, so errors of open connections are passed through here too.
 */
export function handshakeFailure(error: unknown, host: string, facts: TrustFacts): NetworkError | undefined {
  const { code, reason, message = "" } = (error ?? {}) as { code?: string; reason?: string; message?: string };
  if (!code?.startsWith("ERR_SSL_") && !message.includes("SSL routines")) return undefined;
  const words = `${code} ${reason ?? message}`.toUpperCase().replace(/[\s/]+/g, "_");
  const known = HANDSHAKE_CAUSES.find(({ pattern }) => pattern.test(words));
  const cause = known === CERTIFICATE_REFUSED && !facts.hasClientCertificate ? CERTIFICATE_DEMANDED : known;
  const named = code?.startsWith("ERR_SSL_")
    ? code
    : `ERR_SSL_${/SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? "unknown"}`;
  const shownCode = named.toUpperCase().replace(/\s+/g, "_");
  if (!cause)
    return tlsError([`TLS handshake with ${host} failed: ${reason ?? shownCode}.`], shownCode, "again", error);
  const sentences = [`TLS handshake with ${host} failed: ${cause.what} (${shownCode}).`];
  if (cause.isTrust) sentences.push(describeClientCertificate(facts));
  return tlsError([...sentences, cause.advice], shownCode, "never", error);
}

/** The error for a connection that ended before the handshake did. */
export function brokenHandshake(error: unknown, host: string): NetworkError {
  const { code = "ECONNRESET" } = (error ?? {}) as { code?: string };
  const message = `the connection to ${host} was closed during the TLS handshake (${code}).`;
  return tlsError(
    [message, "A firewall or proxy that blocks TLS to this host can cause this.", largeHelloHint() ?? ""],
    code,
    "again",
    error,
  );
}

const TRUST_CODE =
  /^(?:UNABLE_TO_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|EE_KEY_TOO_SMALL|CA_(?:KEY|MD)_TOO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_MISMATCH|PERMITTED_VIOLATION|EXCLUDED_VIOLATION|SUBTREE_MINMAX|UNSUPPORTED_(?:CONSTRAINT|NAME_SYNTAX)|UNHANDLED_CRITICAL_|KEYUSAGE_NO_|UNSPECIFIED$|ERR_TLS_CERT_)/;
const MAX_CAUSES = 8;

/**
 * True if this failure is about certificates (an unusable CA bundle, a certificate refused by either side), not about reaching the server.
 * A retry cannot help; the command exits with status 5. Causes of `error` are checked too.
 */
export function isTrustFailure(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === "object" && current !== null; depth++) {
    if (isCaError(current)) return true;
    const { code, cause } = current as { code?: unknown; cause?: unknown };
    if (typeof code === "string" && isTrustCode(code)) return true;
    current = cause;
  }
  return false;
}

/** True for the code of a certificate check that failed, or of a missing or refused client certificate. */
export function isTrustCode(code: string): boolean {
  if (TRUST_CODE.test(code)) return true;
  return code.startsWith("ERR_SSL_") && HANDSHAKE_CAUSES.some(({ pattern, isTrust }) => isTrust && pattern.test(code));
}

/** Which certificates are trusted, for messages and reports. */
export function describeTrusted({ selection, bundle }: TrustFacts): string {
  if (!bundle) return "Only the system roots are trusted: neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set.";
  const count = bundle.certificates.length;
  const shadowed = selection.shadowed.map(({ sourceEnv, path }) => `${sourceEnv}=${path}`).join(", ");
  const unused = shadowed ? `; ${shadowed} is therefore ignored` : "";
  return `Trusted in addition to the system roots: ${count} certificate${count === 1 ? "" : "s"} from ${describeSource(bundle.source)}${unused}.`;
}

function describeChain(chain: readonly X509Certificate[]): string {
  const [leaf] = chain;
  const last = chain.at(-1);
  if (!leaf || !last) return "";
  const presented = `It presented ${describeCertificate(leaf)}`;
  return last === leaf
    ? `${presented}.`
    : `${presented}; the last of the ${chain.length} sent is ${describeCertificate(last)}.`;
}

function describeClientCertificate({ hasClientCertificate }: TrustFacts): string {
  return hasClientCertificate ? "A client certificate is configured." : "No client certificate is configured.";
}

function tlsError(sentences: readonly string[], code: string, outlook: Outlook, cause?: unknown): NetworkError {
  return new NetworkError(sentences.filter(Boolean).join(" "), { phase: "tls", code, outlook, cause });
}
