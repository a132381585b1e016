/** One DER item: its tag and the position of its content. */
export interface DerItem {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;

/** Reads the item at `offset`; undefined for an indefinite length, or one that exceeds `bytes`. */
export function derItemAt(bytes: Uint8Array, offset = 0): DerItem | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) return undefined; // 0 is BER's indefinite form; nothing read here is longer than 4 GiB
    length = 0;
    for (let index = 0; index < octets; index++) length = length * 256 + (bytes[start++] ?? 0); // missing bytes give an end beyond `bytes`
  }
  const end = start + length;
  return end > bytes.length ? undefined : { tag, start, end };
}

/** The first item, with its tag and length; undefined if it cannot be read. In OpenSSL's trusted certificate it is the certificate. */
export function firstDerItem(bytes: Uint8Array): Uint8Array | undefined {
  const item = derItemAt(bytes);
  return item && bytes.subarray(0, item.end);
}

/** True if `bytes` are exactly one SEQUENCE, as in certificates and CRLs. */
export function isOneSequence(bytes: Uint8Array): boolean {
  const item = derItemAt(bytes);
  return item?.tag === SEQUENCE && item.end === bytes.length;
}

const SIGNATURE_NAMES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.2", "md2WithRSAEncryption"],
  ["1.2.840.113549.1.1.4", "md5WithRSAEncryption"],
  ["1.2.840.113549.1.1.5", "sha1WithRSAEncryption"],
  ["1.2.840.113549.1.1.10", "rsassaPss"],
  ["1.2.840.113549.1.1.11", "sha256WithRSAEncryption"],
  ["1.2.840.113549.1.1.12", "sha384WithRSAEncryption"],
  ["1.2.840.113549.1.1.13", "sha512WithRSAEncryption"],
  ["1.2.840.113549.1.1.14", "sha224WithRSAEncryption"],
  ["1.2.840.10040.4.3", "dsa-with-SHA1"],
  ["1.2.840.10045.4.1", "ecdsa-with-SHA1"],
  ["1.2.840.10045.4.3.1", "ecdsa-with-SHA224"],
  ["1.2.840.10045.4.3.2", "ecdsa-with-SHA256"],
  ["1.2.840.10045.4.3.3", "ecdsa-with-SHA384"],
  ["1.2.840.10045.4.3.4", "ecdsa-with-SHA512"],
  ["1.3.101.112", "ED25519"],
  ["1.3.101.113", "ED448"],
]);

/** Name of the algorithm that signed a certificate, or its object identifier. Node has a property for it since 24.9. */
export function signatureAlgorithm(certificate: Uint8Array): string {
  const outer = derItemAt(certificate);
  const signed = outer && derItemAt(certificate, outer.start);
  const algorithm = signed && derItemAt(certificate, signed.end);
  const identifier = algorithm && derItemAt(certificate, algorithm.start);
  if (identifier?.tag !== OBJECT_IDENTIFIER) return "unknown";
  const dotted = dottedIdentifier(certificate.subarray(identifier.start, identifier.end));
  return SIGNATURE_NAMES.get(dotted) ?? dotted;
}

function dottedIdentifier(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  }
  return arcs.join(".");
}
