import { createHash, X509Certificate } from "node:crypto";
import type { Environment } from "../environment.ts";
import { CaInvalidError, CaReadError, CaRejectedError, isCaError } from "../failure/kinds.ts";
import { FileError } from "../files/index.ts";
import { type Logger, steadyLogger } from "../observe/log.ts";
import { knownOptions } from "../options.ts";
import { FileReadings } from "./file-readings.ts";
import { derItemAt, firstDerItem } from "./pem/der.ts";
import { readPemFile } from "./pem/file.ts";
import { describeFound } from "./pem/found.ts";
import { type PemSection, parsePem, toCertificatePem } from "./pem/sections.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { type CaSource, type CaVariable, checkPemSource, pathOf, selectCaBundle } from "./selection.ts";

/** One certificate of a bundle. `pem` is generated from the certificate, without surrounding text. */
export interface CaCertificate {
  readonly x509: X509Certificate;
  readonly pem: string;
}

/** Where a bundle came from: a file named by a variable or the program, or text from the program (then both fields are absent). */
export interface CaBundleSource {
  readonly sourceEnv?: CaVariable | undefined;
  readonly path?: string | undefined;
}

/** A CA bundle, read and checked: at least one certificate, in the file's order. */
export interface CaBundle {
  readonly source: CaBundleSource;
  readonly certificates: readonly CaCertificate[];
  /** Number of `TRUSTED CERTIFICATE` sections; their certificate is used and OpenSSL's settings are ignored. */
  readonly normalizedTrusted: number;
  readonly ignored: {
    readonly crls: number;
    /** How many of these cannot be read. */
    readonly malformedCrls: number;
    readonly privateKeys: number;
    readonly other: number;
  };
  /** SHA-256 of the certificates, hexadecimal: equal for equal content, whatever its source. */
  readonly digest: string;
}

export interface CaBundleOptions {
  /** Nothing is logged by default. */
  readonly logger?: Logger | undefined;
}

const OPTIONS = knownOptions<CaBundleOptions>("the options of a CA bundle", { logger: true });

/**
 * Reads the bundle named by `CODEX_CA_CERTIFICATE`, else by `SSL_CERT_FILE`; undefined if neither is set.
 *
 * @param env - Default `process.env`.
 * @throws {@link CaReadError} The file cannot be read; `code` is the operating system's.
 * @throws {@link CaInvalidError} It contains no certificate, or is not a PEM file.
 * @throws {@link CaRejectedError} One of its certificates is invalid; `certificateIndex` says which.
 * @see The Rust client's custom CA policy. Differs: a malformed CRL next to valid certificates is ignored with a warning.
 */
export function loadCaBundle(env: Environment = process.env, options: CaBundleOptions = {}): CaBundle | undefined {
  OPTIONS(options);
  const logger = steadyLogger(options.logger);
  const selection = selectCaBundle(env);
  if (selection.by !== "environment") {
    logger.debug({}, "using system root certificates: neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set");
    return undefined;
  }
  const { sourceEnv, path, shadowed } = selection;
  for (const setting of shadowed) {
    logger.debug({ ...setting }, `${setting.sourceEnv} has no effect beside ${sourceEnv}`);
  }
  return load({ sourceEnv, path }, () => readPemFile(path), logger);
}

/**
 * Reads a bundle given by the program.
 *
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} As {@link loadCaBundle}, without `sourceEnv`.
 */
export function readCaBundle(ca: CaSource, options: CaBundleOptions = {}): CaBundle {
  OPTIONS(options);
  const logger = steadyLogger(options.logger);
  checkPemSource("ca", ca);
  const path = pathOf(ca);
  if (path !== undefined) return load({ path }, () => readPemFile(path), logger);
  return load({}, () => (ca as { readonly pem: string | Uint8Array }).pem, logger);
}

function load(source: CaBundleSource, read: () => string | Uint8Array, logger: Logger): CaBundle {
  try {
    const bundle = { source, ...contentOf(source, read) };
    logLoaded(bundle, logger);
    return bundle;
  } catch (error) {
    if (isCaError(error)) logger.info({ ...source, kind: error.kind, code: error.code }, error.message);
    throw error;
  }
}

function readContent(source: CaBundleSource, read: () => string | Uint8Array): string | Uint8Array {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const message = `Failed to read CA certificate file ${describeSource(source)}: ${error.message}. ${hint(source)}`;
    throw new CaReadError(message + pathRemark(source.path), { ...source, code: error.code, cause: error });
  }
}

type BundleContent = Omit<CaBundle, "source">;

// Checking 144 certificates takes 4 to 18 ms, so it is done once per content, and a file is read again only if it changed.
const checked = new RecentlyUsed<BundleContent>(8);
const readings = new FileReadings<BundleContent>();

function contentOf(source: CaBundleSource, read: () => string | Uint8Array): BundleContent {
  const checkedOnce = (): BundleContent => {
    const content = readContent(source, read);
    const key = createHash("sha256").update(content).digest("hex");
    return checked.get(key, () => checkContent(source, content));
  };
  return source.path === undefined ? checkedOnce() : readings.of(source.path, checkedOnce);
}

function checkContent(source: CaBundleSource, content: string | Uint8Array): BundleContent {
  const sections = parsePem(content);
  const unreadable = sections.find(({ kind, problem }) => problem !== undefined && kind !== "crl");
  if (unreadable) throw invalid(source, `failed to parse PEM file: ${unreadable.problem}`);

  // One such label marks the file as OpenSSL's: the tools that write it add settings after every certificate.
  const trusted = sections.filter(({ kind }) => kind === "trusted certificate").length;
  const certificates: CaCertificate[] = [];
  const parsed = new Map<string, CaCertificate>(); // concatenated bundles contain many certificates twice
  const digest = createHash("sha256");
  for (const { kind, base64 } of sections) {
    if (kind !== "certificate" && kind !== "trusted certificate") continue;
    const bytes = Buffer.from(base64, "base64");
    const der = trusted > 0 ? withoutSettings(source, bytes) : bytes;
    const certificate = parsed.get(base64) ?? toCertificate(source, der, certificates.length + 1);
    parsed.set(base64, certificate);
    certificates.push(certificate);
    digest.update(der);
  }
  if (certificates.length === 0)
    throw invalid(source, "no certificates found in PEM file", describeFound(content, sections));
  return {
    certificates,
    normalizedTrusted: trusted,
    ignored: countIgnored(sections),
    digest: digest.digest("hex"),
  };
}

function withoutSettings(source: CaBundleSource, der: Uint8Array): Uint8Array {
  const certificate = firstDerItem(der);
  if (certificate) return certificate;
  throw invalid(source, "failed to extract certificate data from TRUSTED CERTIFICATE: invalid DER length");
}

function toCertificate(source: CaBundleSource, der: Uint8Array, certificateIndex: number): CaCertificate {
  try {
    const item = derItemAt(der);
    if (item && item.end < der.length) throw new Error("it has data after its end");
    const x509 = new X509Certificate(der);
    return { x509, pem: toCertificatePem(Buffer.from(der).toString("base64")) };
  } catch (error) {
    throw rejected(source, certificateIndex, error);
  }
}

/** A certificate that was read but that TLS refuses, with OpenSSL's reason. */
export function rejected(source: CaBundleSource, certificateIndex: number, cause: unknown): CaRejectedError {
  const { message, reason, code } = cause as { message: string; reason?: string; code?: string };
  const text = `Failed to parse certificate #${certificateIndex} from ${describeSource(source)}: ${reason ?? message}. ${hint(source)}`;
  return new CaRejectedError(text, { ...source, certificateIndex, code, cause });
}

function invalid(source: CaBundleSource, detail: string, remark?: string): CaInvalidError {
  const message = `Failed to load CA certificates from ${describeSource(source)}: ${detail}. ${hint(source)}`;
  return new CaInvalidError(remark ? `${message} ${remark}` : message, source);
}

/** `<path> selected by <variable>`, the form in all messages. */
export function describeSource({ sourceEnv, path }: CaBundleSource): string {
  return `${path ?? "the PEM text"} selected by ${sourceEnv ?? "the option ca"}`;
}

function hint({ sourceEnv }: CaBundleSource): string {
  return sourceEnv
    ? "If you set CODEX_CA_CERTIFICATE or SSL_CERT_FILE, ensure it points to a PEM file containing one or more CERTIFICATE blocks, or unset it to use system roots."
    : "Give the option ca a PEM file or text containing one or more CERTIFICATE blocks, or leave it out to use system roots.";
}

/** Mistakes that are hard to see in the path of a message. */
function pathRemark(path = ""): string {
  if (path !== path.trim()) return " The path begins or ends with white space, which counts.";
  if (/^["'].*["']$/.test(path)) return " The path stands in quotation marks: leave them out.";
  if (path.startsWith("~")) return " The path begins with ~, which only a shell replaces: write the home folder out.";
  return "";
}

function countIgnored(sections: readonly PemSection[]): CaBundle["ignored"] {
  const count = (test: (section: PemSection) => boolean) => sections.filter(test).length;
  return {
    crls: count(({ kind }) => kind === "crl"),
    malformedCrls: count(isMalformedCrl),
    privateKeys: count(({ kind }) => kind === "private key"),
    other: count(({ kind }) => kind === "other"),
  };
}

function isMalformedCrl({ kind, base64, problem }: PemSection): boolean {
  if (kind !== "crl") return false;
  const der = Buffer.from(base64, "base64");
  return problem !== undefined || derItemAt(der)?.end !== der.length;
}

function logLoaded({ source, certificates, normalizedTrusted, ignored }: CaBundle, logger: Logger): void {
  if (normalizedTrusted > 0) {
    logger.info(
      { ...source, sections: normalizedTrusted },
      "normalized OpenSSL TRUSTED CERTIFICATE labels in CA bundle",
    );
  }
  if (ignored.malformedCrls > 0) {
    logger.warn(
      { ...source, crls: ignored.malformedCrls },
      "ignored malformed certificate revocation lists in CA bundle",
    );
  }
  if (ignored.crls > 0)
    logger.info({ ...source, crls: ignored.crls }, "ignored certificate revocation lists in CA bundle");
  logger.info({ ...source, certificates: certificates.length }, "loaded certificates from CA bundle");
}
