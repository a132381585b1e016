import { X509Certificate } from "node:crypto";
import { derItemAt, isOneSequence } from "./der.ts";
import type { PemKind, PemSection } from "./sections.ts";

const NAMES: ReadonlyMap<PemKind, string> = new Map([
  ["private key", "private key"],
  ["crl", "certificate revocation list"],
]);

/** Says what a file without certificates contains, and how to get certificates from it. */
export function describeFound(content: string | Uint8Array, sections: readonly PemSection[]): string {
  if (sections.length > 0) return describeSections(sections);
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  if (bytes.length === 0) return "The file is empty.";
  return describeBinary(bytes) ?? describeText(Buffer.from(bytes.subarray(0, 4096)).toString("latin1"));
}

function describeSections(sections: readonly PemSection[]): string {
  const counts = new Map<string, number>();
  for (const { kind, label } of sections) {
    const name = NAMES.get(kind) ?? `section ${JSON.stringify(label)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const list = [...counts].map(([name, count]) => `${count} × ${name}`).join(", ");
  const pkcs7 = sections.some(({ label }) => label === "PKCS7" || label === "CMS");
  return `Found instead: ${list}.${pkcs7 ? " Convert with: openssl pkcs7 -print_certs -in FILE -out FILE.pem" : ""}`;
}

function describeBinary(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xfe && bytes[1] === 0xed && bytes[2] === 0xfe && bytes[3] === 0xed) {
    return "Found instead: a Java key store. Export the certificate with: keytool -exportcert -rfc -keystore FILE -alias NAME";
  }
  if (!isOneSequence(bytes)) return undefined;
  if (isCertificate(bytes)) {
    return "Found instead: a certificate in binary DER form. Convert with: openssl x509 -inform der -in FILE -out FILE.pem";
  }
  const first = derItemAt(bytes, derItemAt(bytes)!.start);
  if (first?.tag === 0x02) {
    return "Found instead: a PKCS#12 store or a key in binary form. Convert a store with: openssl pkcs12 -nokeys -in FILE -out FILE.pem";
  }
  if (first?.tag === 0x06) {
    return "Found instead: a PKCS#7 file in binary form. Convert with: openssl pkcs7 -inform der -print_certs -in FILE -out FILE.pem";
  }
  return "Found instead: binary DER data.";
}

function isCertificate(bytes: Uint8Array): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0;
  } catch {
    return false;
  }
}

function describeText(head: string): string {
  const text = head.replace(/^\u00ef\u00bb\u00bf/, "").trim();
  if (text === "") return "The file contains only white space.";
  if (/^<(!doctype|html|head|\?xml)/i.test(text)) {
    return "Found instead: an HTML or XML page, perhaps the error or login page of the address the file was downloaded from.";
  }
  if (/^MI[A-Za-z0-9+/=\s]+$/.test(text)) {
    return "Found instead: base64 without the lines -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.";
  }
  return /^[\t\r\n\x20-\x7e\x80-\xff]*$/.test(text)
    ? "Found instead: text without a line that begins with -----BEGIN CERTIFICATE-----."
    : "Found instead: binary data.";
}
