import { createHash } from "node:crypto";
import tls from "node:tls";
import { BuildError } from "../failure/kinds.ts";
import { FileError } from "../files/index.ts";
import { strictCiphers } from "./ciphers.ts";
import { FileReadings } from "./file-readings.ts";
import { derItemAt } from "./pem/der.ts";
import { readPemFile } from "./pem/file.ts";
import { describeFound } from "./pem/found.ts";
import { decodeBytes, type PemSection, parsePem } from "./pem/sections.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { checkPemSource, type PemSource, pathOf } from "./selection.ts";

/** A client certificate for servers that require one (mTLS). */
export interface ClientCertificate {
  /** The certificate, followed by any intermediates, as PEM. */
  readonly cert: PemSource;
  /** Its private key, as PEM. */
  readonly key: PemSource;
  /** Passphrase of an encrypted key. None by default. */
  readonly passphrase?: string | undefined;
}

/** A client certificate that was read, with a matching key. */
export interface LoadedClientCertificate {
  /** For `tls.createSecureContext`. */
  readonly options: Pick<tls.SecureContextOptions, "cert" | "key" | "passphrase">;
  /** SHA-256 of all of it, hexadecimal. */
  readonly digest: string;
}

/** A process has one or two; the limit is for one that keeps creating new ones. */
const MAX_KNOWN = 8;
const readings = new FileReadings<Buffer>();
const usable = new RecentlyUsed<LoadedClientCertificate>(MAX_KNOWN);

/**
 * Reads a client certificate and checks it. A file is read again only if it changed, and each pair of certificate and key is checked once.
 *
 * @throws {@link BuildError} A file cannot be read, or a key does not match or cannot be decrypted.
 */
export function loadClientCertificate(given: ClientCertificate): LoadedClientCertificate {
  const cert = read(given.cert, CERTIFICATE);
  const key = read(given.key, KEY);
  const hash = createHash("sha256");
  for (const part of [cert, key, given.passphrase ?? ""]) hash.update(`${part.length}:`).update(part);
  const digest = hash.digest("hex");
  return usable.get(digest, () => tryOut(given, { cert, key, digest }));
}

function tryOut(
  given: ClientCertificate,
  { cert, key, digest }: { readonly cert: Buffer; readonly key: Buffer; readonly digest: string },
): LoadedClientCertificate {
  const { passphrase } = given;
  const options = {
    cert: checked(cert, CERTIFICATE, given.cert),
    key: checked(key, KEY, given.key),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  try {
    // An empty list of roots: loading the default ones takes 20 ms on Node 20 and is not needed here.
    tls.createSecureContext({ ...options, ca: [], ciphers: strictCiphers() });
  } catch (error) {
    throw new BuildError(
      `the client certificate ${nameOf(given.cert)} cannot be used with the key ${nameOf(given.key)}: ${why(error, options.key, passphrase)}`,
      { cause: error },
    );
  }
  return { options, digest };
}

function read(source: PemSource, { what }: Part): Buffer {
  checkPemSource(`the ${what}`, source);
  const path = pathOf(source);
  if (path === undefined) return asciiPem((source as { readonly pem: string | Uint8Array }).pem);
  try {
    return readings.of(path, () => asciiPem(readPemFile(path)));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new BuildError(`cannot read the ${what} ${path}: ${error.message}`, { cause: error });
  }
}

/** Windows shells write UTF-16, which OpenSSL does not read. */
function asciiPem(content: string | Uint8Array): Buffer {
  const text = typeof content === "string" ? content : decodeBytes(content);
  const isBinary = typeof content !== "string" && !text.includes("-----BEGIN");
  return isBinary ? Buffer.from(content) : Buffer.from(text.replace(/\ufeff/g, ""), "latin1");
}

interface Part {
  readonly what: string;
  /** The PEM block that it has to be. */
  readonly block: string;
  readonly isIt: (section: PemSection) => boolean;
}

const CERTIFICATE: Part = {
  what: "client certificate",
  block: "CERTIFICATE block",
  isIt: ({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label),
};
const KEY: Part = {
  what: "client certificate's key",
  block: "PRIVATE KEY block",
  isIt: ({ kind }) => kind === "private key",
};

/** @throws {@link BuildError} There is no such section in it; the message says what there is. */
function checked(pem: Buffer, { what, block, isIt }: Part, source: PemSource): Buffer {
  const sections = parsePem(pem);
  if (sections.some(isIt)) return pem;
  const store = derItemAt(pem)?.end === pem.length && pem[0] === 0x30;
  const found = store
    ? "It is binary: a PFX (PKCS#12) store is converted with: openssl pkcs12 -in FILE -out FILE.pem -nodes (add -legacy for one of an old Windows), a DER certificate with: openssl x509 -inform der -in FILE -out FILE.pem"
    : describeFound(pem, sections);
  throw new BuildError(`the ${what} ${nameOf(source)} holds no ${block}, and must be PEM with a ${block}. ${found}`);
}

/** Encryption schemes, by object identifier, that OpenSSL 3 has only in its legacy provider. */
const LEGACY_SCHEMES: readonly (readonly [string, string])[] = [
  ["06092a864886f70d010501", "PBE-MD2-DES"],
  ["06092a864886f70d010503", "PBE-MD5-DES"],
  ["06092a864886f70d010504", "PBE-MD2-RC2-64"],
  ["06092a864886f70d010506", "PBE-MD5-RC2-64"],
  ["06092a864886f70d01050a", "PBE-SHA1-DES"],
  ["06092a864886f70d01050b", "PBE-SHA1-RC2-64"],
  ["060a2a864886f70d010c0101", "PBE-SHA1-RC4-128"],
  ["060a2a864886f70d010c0102", "PBE-SHA1-RC4-40"],
  ["060a2a864886f70d010c0105", "PBE-SHA1-RC2-128"],
  ["060a2a864886f70d010c0106", "PBE-SHA1-RC2-40"],
  ["06052b0e030207", "DES-CBC"],
  ["06082a864886f70d0302", "RC2-CBC"],
];

/** Undefined for a scheme that OpenSSL 3 supports, or that is unknown here. */
function legacyEncryptionOf(key: Buffer): string | undefined {
  const text = key.toString("latin1");
  const [, named] = /^DEK-Info: *([\w-]+)/m.exec(text) ?? [];
  if (named) return /^(DES-CBC|RC2|RC4|IDEA|BF|CAST|SEED)/.test(named) ? named : undefined;
  const [, base64 = ""] = /-----BEGIN ENCRYPTED PRIVATE KEY-----([^-]*)/.exec(text) ?? [];
  const head = Buffer.from(base64, "base64").subarray(0, 128).toString("hex");
  return LEGACY_SCHEMES.find(([number]) => head.includes(number))?.[1];
}

function nameOf(source: PemSource): string {
  return pathOf(source) ?? "(given as text)";
}

function why(error: unknown, key: Buffer, passphrase: string | undefined): string {
  const encrypted = key.includes("ENCRYPTED");
  const { code, message, reason } = error as { code?: string; message: string; reason?: string };
  if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") return "the key belongs to another certificate";
  if (code === "ERR_OSSL_PEM_NO_START_LINE") return "the block in one of the two is not what its label says";
  const legacy = encrypted && /UNSUPPORTED/.test(code ?? "") ? legacyEncryptionOf(key) : undefined;
  if (legacy) {
    return `the key is encrypted with ${legacy}, which OpenSSL 3 does not take any more; convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in KEY -out KEY.pem`;
  }
  if (encrypted) {
    // A wrong passphrase is not always reported as such: one in 256 decrypts to garbage, which causes other errors.
    return passphrase === undefined
      ? "the key is encrypted; give its passphrase"
      : "the passphrase does not open the key";
  }
  return reason ?? message;
}
