import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { printable } from "../../wording/printable.ts";
import { signatureAlgorithm } from "../pem/der.ts";

const MAX_CHAIN = 10;

/** The certificates that the other side presented, its own first. */
export function readPeerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next && chain.length < MAX_CHAIN; next = next.issuerCertificate) {
    chain.push(next);
    if (isSelfIssued(next)) break;
  }
  return chain;
}

export function isSelfIssued({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}

/** `O=Example Corp, CN=Example Root CA`, on one line. */
export function subjectOf(certificate: X509Certificate): string {
  return printable(certificate.subject || "(no name)");
}

export function issuerOf(certificate: X509Certificate): string {
  return printable(certificate.issuer || "(no name)");
}

/** `CN=localhost, issued by O=Example Corp, CN=Example Root CA (RSA 2048 bit, signed with sha256WithRSAEncryption)` */
export function describeCertificate(certificate: X509Certificate): string {
  const issuer = isSelfIssued(certificate) ? "itself" : issuerOf(certificate);
  return `${subjectOf(certificate)}, issued by ${issuer} (${describeKey(certificate)}, signed with ${signatureOf(certificate)})`;
}

export function signatureOf(certificate: X509Certificate): string {
  return signatureAlgorithm(certificate.raw);
}

/** `RSA 2048 bit`, `EC prime256v1`, `ED25519` */
export function describeKey(certificate: X509Certificate): string {
  const { type, bits, curve } = keyFacts(certificate);
  return [type.toUpperCase(), curve, bits && `${bits} bit`].filter(Boolean).join(" ");
}

/** Below what TLS accepts here: 112 bits of security, which is RSA with 2048 bits. */
export function hasWeakKey(certificate: X509Certificate): boolean {
  const { type, bits } = keyFacts(certificate);
  return (type.startsWith("rsa") || type === "dsa") && bits !== undefined && bits < 2048;
}

export function hasWeakSignature(certificate: X509Certificate): boolean {
  return /^(md\d|sha1)|-SHA1$/.test(signatureOf(certificate));
}

function keyFacts(certificate: X509Certificate): {
  type: string;
  bits?: number | undefined;
  curve?: string | undefined;
} {
  try {
    const { asymmetricKeyType = "unknown", asymmetricKeyDetails } = certificate.publicKey;
    return {
      type: asymmetricKeyType,
      bits: asymmetricKeyDetails?.modulusLength,
      curve: asymmetricKeyDetails?.namedCurve,
    };
  } catch {
    return { type: "unknown key" };
  }
}
