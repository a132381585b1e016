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

/** The roots that a bundle is added to. */
export interface OrdinaryRoots {
  /** What Node trusts by itself, as PEM. */
  readonly nodeDefault: readonly string[];
  /** What the other origins add to that, as PEM; empty where Node's own context will do. */
  readonly additional: readonly string[];
  /** All of them, as {@link toBase64} gives them. */
  readonly known: ReadonlySet<string>;
  /** What is wrong with files that variables name, a sentence each; for people. */
  readonly problems: readonly string[];
  /** Each origin that gave any, and how many certificates it holds; for people. */
  readonly origins: readonly { readonly name: string; readonly certificates: number }[];
}

/** Where roots are looked for; tests and unusual systems give their own. */
export interface RootPlaces {
  readonly nodeDefault: () => readonly string[];
  /** The operating system's store as Node names it; undefined where this version cannot, or where files are better. */
  readonly systemStore: (() => readonly string[]) | undefined;
  /** The first of these that is there is the distribution's bundle. */
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
 * On Linux the distribution's one file is read by us. Node would walk its folder of hashed names instead, which takes 17 to 40 ms
 * against 1, gives every certificate three times, and reads `SSL_CERT_FILE` even where `CODEX_CA_CERTIFICATE` shadows it.
 */
const thisSystem: RootPlaces = {
  nodeDefault: () => listCertificates?.("default") ?? tls.rootCertificates,
  systemStore: listCertificates && (() => listCertificates("system")),
  systemFiles: NATIVE_STORE ? [] : SYSTEM_FILES,
};

// A process has one or two settings; the bound is for one that changes its environment again and again.
const cache = new RecentlyUsed<OrdinaryRoots>(8);

/**
 * What is trusted without any bundle: Node's default roots, `NODE_EXTRA_CA_CERTS`, the operating system's store and `SSL_CERT_DIR`
 * (folders as OpenSSL reads them). Read once per process for each setting of those two variables and each state of the files; what cannot be read is
 * warned about and left out.
 *
 * `NODE_EXTRA_CA_CERTS` is read here although Node reads it too: Node does so at its start only, and misses a value set later.
 */
export function ordinaryRoots(env: Environment, logger: Logger, places: RootPlaces = thisSystem): OrdinaryRoots {
  if (places !== thisSystem) return gatherRoots(env, logger, places);
  return cache.get(stateOfPlaces(env, places), () => gatherRoots(env, logger, places));
}

/** Changes with the variables and with each file that they lead to; some 150 files of a folder take less than a millisecond. */
function stateOfPlaces(
  { NODE_EXTRA_CA_CERTS: extra, SSL_CERT_DIR: folders }: Environment,
  { systemFiles }: RootPlaces,
): string {
  const states = [...(extra ? [extra] : []), ...systemFiles].map(fileState);
  const hashed = foldersOf(folders).flatMap((folder) => {
    try {
      return hashedNames(folder).map((name) => [name, fileState(join(folder, name))]);
    } catch {
      return []; // reading it says why
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

/** OpenSSL looks for `<hash of the subject>.<number>` and for nothing else. */
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

/** Every certificate of a PEM file that can be read, in base64. */
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
