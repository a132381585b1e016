import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import tls from "node:tls";
import type { Environment } from "../environment.ts";
import type { Logger } from "../observe/log.ts";
import { fileState } from "./file-readings.ts";
import { firstDerItem } from "./pem/der.ts";
import { readPemFile } from "./pem/file.ts";
import { describeFound } from "./pem/found.ts";
import { parsePem, toBase64, toCertificatePem } from "./pem/sections.ts";
import { RecentlyUsed } from "./recently-used.ts";

/** The system roots, to which a bundle is added. */
export interface OrdinaryRoots {
  /** What Node trusts by default, as PEM. */
  readonly nodeDefault: readonly string[];
  /** What the other sources add to that, as PEM; empty if Node's own context is enough. */
  readonly additional: readonly string[];
  /** All of them, in the form of {@link toBase64}. */
  readonly known: ReadonlySet<string>;
  /** Problems with files that variables name, a sentence each, for messages. */
  readonly problems: readonly string[];
  /** Each source that has certificates, and how many; for reports. */
  readonly origins: readonly { readonly name: string; readonly certificates: number }[];
}

/** Where roots are looked for; tests and unusual systems can replace it. */
export interface RootPlaces {
  readonly nodeDefault: () => readonly string[];
  /** The operating system's store, read through Node; undefined if this version cannot read it, or if files are better. */
  readonly systemStore: (() => readonly string[]) | undefined;
  /** The first of these that exists is the distribution's bundle. */
  readonly systemFiles: readonly string[];
}

// Distributions' own bundles: Debian and Alpine, Fedora and Red Hat, older Red Hat, SUSE, OpenELEC, Alpine and BSD, FreeBSD.
const SYSTEM_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/share/certs/ca-root-nss.crt",
] as const;

type ListCertificates = (store: "default" | "system") => string[];

/** Node 20 and early 22 have no `tls.getCACertificates`, and its types here are Node 20's. */
const listCertificates = (tls as { getCACertificates?: ListCertificates }).getCACertificates;

const NATIVE_STORE = process.platform === "darwin" || process.platform === "win32";

/**
 * On Linux the distribution's bundle file is read directly. Node would read its folder of hashed names, which takes 17 to 40 ms instead of
 * 1, returns every certificate three times, and reads `SSL_CERT_FILE` even if `CODEX_CA_CERTIFICATE` takes precedence.
 */
const thisSystem: RootPlaces = {
  nodeDefault: () => listCertificates?.("default") ?? tls.rootCertificates,
  systemStore: listCertificates && (() => listCertificates("system")),
  systemFiles: NATIVE_STORE ? [] : SYSTEM_FILES,
};

// A process has one or two settings; the limit is for one that keeps changing its environment.
const cache = new RecentlyUsed<OrdinaryRoots>(8);

/**
 * What is trusted without a bundle: Node's default roots, `NODE_EXTRA_CA_CERTS`, the operating system's store and `SSL_CERT_DIR` (folders,
 * read as OpenSSL does). They are read again only if those two variables or the files change. Anything that cannot be read is left out with
 * a warning.
 *
 * `NODE_EXTRA_CA_CERTS` is read here although Node reads it too: Node does so only when it starts, and misses a value set later.
 */
export function ordinaryRoots(env: Environment, logger: Logger, places: RootPlaces = thisSystem): OrdinaryRoots {
  if (places !== thisSystem) return gatherRoots(env, logger, places);
  return cache.get(stateOfPlaces(env, places), () => gatherRoots(env, logger, places));
}

/** Changes with the variables and with each file that they lead to; checking the 150 files of a folder takes less than a millisecond. */
function stateOfPlaces(
  { NODE_EXTRA_CA_CERTS: extra, SSL_CERT_DIR: folders }: Environment,
  { systemFiles }: RootPlaces,
): string {
  const states = [...(extra ? [extra] : []), ...systemFiles].map(fileState);
  const hashed = foldersOf(folders).flatMap((folder) => {
    try {
      return hashedNames(folder).map((name) => [name, fileState(join(folder, name))]);
    } catch {
      return []; // reading it reports why
    }
  });
  return JSON.stringify([extra, folders, states, hashed]);
}

function foldersOf(value: string | undefined): string[] {
  return value?.split(delimiter).filter((folder) => folder !== "") ?? [];
}

function gatherRoots(env: Environment, logger: Logger, places: RootPlaces): OrdinaryRoots {
  const nodeDefault = places.nodeDefault();
  const origins = [{ name: "Node's default roots", certificates: nodeDefault.length }];
  const known = new Set(nodeDefault.map(toBase64));
  const additional: string[] = [];
  const problems: string[] = [];
  const add = (name: string, certificates: readonly string[]) => {
    if (certificates.length === 0) return;
    origins.push({ name, certificates: certificates.length });
    for (const base64 of certificates) {
      if (known.has(base64)) continue;
      known.add(base64);
      additional.push(toCertificatePem(base64));
    }
  };

  const extra = env.NODE_EXTRA_CA_CERTS;
  if (extra) {
    const certificates = readCertificates(extra, logger);
    add(`${extra} (NODE_EXTRA_CA_CERTS)`, certificates);
    if (certificates.length === 0) {
      problems.push(
        `NODE_EXTRA_CA_CERTS names ${extra}, in which no certificate can be read: it adds no trust.${whatElse(extra)}`,
      );
      logger.warn({ path: extra }, problems.join(" "));
    }
  }
  const system = readSystemStore(places, logger);
  if (system) add(system.name, system.certificates);
  for (const folder of foldersOf(env.SSL_CERT_DIR)) add(`${folder} (SSL_CERT_DIR)`, readHashedFolder(folder, logger));
  return { nodeDefault, additional, known, problems, origins };
}

function whatElse(path: string): string {
  try {
    const content = readPemFile(path);
    return ` ${describeFound(content, parsePem(content))}`;
  } catch (error) {
    return ` ${(error as Error).message}.`;
  }
}

function readSystemStore(
  places: RootPlaces,
  logger: Logger,
): { name: string; certificates: readonly string[] } | undefined {
  for (const path of places.systemFiles) {
    const certificates = readCertificates(path, logger, "optional");
    if (certificates.length > 0) return { name: `${path} (the system's)`, certificates };
  }
  try {
    const certificates = places.systemStore?.().map(toBase64);
    return certificates && { name: "the operating system's store", certificates };
  } catch (error) {
    logger.warn({ error }, "the operating system's root certificates cannot be read and are not trusted");
    return undefined;
  }
}

/** OpenSSL only looks for files named `<hash of the subject>.<number>`. */
function hashedNames(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^[0-9a-f]{8}\.[0-9]+$/.test(name));
}

function readHashedFolder(folder: string, logger: Logger): string[] {
  try {
    return hashedNames(folder).flatMap((name) => readCertificates(join(folder, name), logger));
  } catch (error) {
    logger.warn(
      { path: folder, error },
      "SSL_CERT_DIR names a folder that cannot be read; its certificates are not trusted",
    );
    return [];
  }
}

/** All readable certificates of a PEM file, in base64. */
function readCertificates(path: string, logger: Logger, presence: "expected" | "optional" = "expected"): string[] {
  try {
    const certificates: string[] = [];
    for (const { kind, base64, problem } of parsePem(readPemFile(path))) {
      if (kind !== "certificate" && kind !== "trusted certificate") continue;
      const readable = problem === undefined ? certificateIn(kind, base64) : undefined;
      if (readable) certificates.push(readable);
      else logger.warn({ path, problem }, "a root certificate cannot be read and is not trusted");
    }
    return certificates;
  } catch (error) {
    if (presence === "optional" && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
    logger.warn({ path, error }, "a file of root certificates cannot be read; its certificates are not trusted");
    return [];
  }
}

function certificateIn(kind: string, base64: string): string | undefined {
  if (kind === "certificate") return base64;
  const der = firstDerItem(Buffer.from(base64, "base64"));
  return der && Buffer.from(der).toString("base64");
}
