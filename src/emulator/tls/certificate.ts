import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

export interface ServerIdentity {
  /** The server's certificate and key. */
  readonly cert: string;
  readonly key: string;
  /** The temporary authority, for clients to trust. */
  readonly caPem: string;
}

const OID = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

const DAY_MS = 86_400_000;
const VALID_DAYS = 30;

/**
 * Creates a certificate authority and, signed by it, a certificate for `localhost`, `127.0.0.1` and `::1`. Both are P-256, new on every
 * call and valid from yesterday for 30 days; the authority's key is discarded on return.
 *
 * @see RFC 5280 §4.1, §4.2
 */
export function createLoopbackIdentity(): ServerIdentity {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const authorityName = distinguishedName("codex-wire emulator throwaway CA");
  const ca = certificate({
    issuer: authorityName,
    subject: authorityName,
    publicKey: authority.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      extension(OID.basicConstraints, sequence(boolean(true)), { critical: true }),
      extension(OID.keyUsage, bitString(Buffer.from([0b0000_0110]), 1), { critical: true }), // keyCertSign, cRLSign
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(authority.publicKey))),
    ],
  });
  const cert = certificate({
    issuer: authorityName,
    subject: distinguishedName("localhost"),
    publicKey: leaf.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      extension(OID.basicConstraints, sequence(), { critical: true }),
      extension(OID.keyUsage, bitString(Buffer.from([0b1000_0000]), 7), { critical: true }), // digitalSignature
      extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuth))),
      extension(OID.subjectAlternativeName, loopbackNames()),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(leaf.publicKey))),
      extension(OID.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(authority.publicKey)))),
    ],
  });
  return { cert, caPem: ca, key: leaf.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

interface CertificateContent {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificate(content: CertificateContent): string {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const validFrom = Date.now() - DAY_MS; // a clock that is a little slow must not refuse it
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    content.issuer,
    sequence(utcTime(new Date(validFrom)), utcTime(new Date(validFrom + VALID_DAYS * DAY_MS))),
    content.subject,
    content.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...content.extensions)),
  );
  const der = sequence(toBeSigned, algorithm, bitString(sign("sha256", toBeSigned, content.signingKey)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectIdentifier(OID.commonName), utf8String(commonName))));
}

function extension(oid: string, value: Buffer, { critical = false } = {}): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

function loopbackNames(): Buffer {
  const dnsName = (name: string) => implicit(2, Buffer.from(name, "ascii"));
  const ipAddress = (bytes: readonly number[]) => implicit(7, Buffer.from(bytes));
  return sequence(dnsName("localhost"), ipAddress([127, 0, 0, 1]), ipAddress([...Array<number>(15).fill(0), 1]));
}

function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest().subarray(0, 20); // RFC 7093 §2, method 4
}
