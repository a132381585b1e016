import type { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { CaBundle } from "../bundle.ts";
import { toBase64 } from "../pem/sections.ts";
import { describeKey, isSelfIssued, issuerOf, readPeerChain, signatureOf, subjectOf } from "./peer-chain.ts";

/** A certificate for people to read. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  /** `RSA 2048 bit`, `EC prime256v1` */
  readonly key: string;
  readonly signature: string;
  readonly selfIssued: boolean;
  readonly authority: boolean;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
}

/** What an open TLS connection shows. */
export interface PeerFacts {
  /** `TLSv1.3` */
  readonly protocol: string | undefined;
  readonly cipher: string;
  /** As presented, the server's own certificate first, and completed with trusted certificates. */
  readonly chain: readonly CertificateFacts[];
  /**
   * Set if a certificate of the bundle, and no root of Node's own, is the trust anchor of the chain: typical of a proxy that inspects TLS.
   */
  readonly vouchedByBundle: CertificateFacts | undefined;
}

export function describeCertificates(bundle: CaBundle): CertificateFacts[] {
  return bundle.certificates.map(({ x509 }) => factsOf(x509));
}

/** Undefined for a connection without TLS, or one that is over. */
export function inspectPeer(socket: Duplex, bundle: CaBundle | undefined): PeerFacts | undefined {
  if (!(socket instanceof tls.TLSSocket) || socket.destroyed) return undefined;
  const chain = readPeerChain(socket);
  const last = chain.at(-1);
  const voucher =
    last && bundle?.certificates.find(({ x509 }) => x509.raw.equals(last.raw) || last.checkIssued(x509))?.x509;
  return {
    protocol: socket.getProtocol() ?? undefined,
    cipher: socket.getCipher().name,
    chain: chain.map(factsOf),
    vouchedByBundle: voucher && !isNodeRoot(voucher) ? factsOf(voucher) : undefined,
  };
}

function isNodeRoot(certificate: X509Certificate): boolean {
  const base64 = certificate.raw.toString("base64");
  return tls.rootCertificates.some((pem) => toBase64(pem) === base64);
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: subjectOf(certificate),
    issuer: issuerOf(certificate),
    validFrom: isoDate(certificate.validFrom),
    validTo: isoDate(certificate.validTo),
    key: describeKey(certificate),
    signature: signatureOf(certificate),
    selfIssued: isSelfIssued(certificate),
    authority: certificate.ca,
    fingerprint: certificate.fingerprint256,
  };
}

function isoDate(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
