import { createHash } from "node:crypto";
import tls from "node:tls";
import { BuildError } from "../failure/kinds.ts";
import { strictCiphers } from "./ciphers.ts";
import { PemFileError, readPemFile } from "./pem-file.ts";
import { checkPemSource, type PemSource, pathOf } from "./selection.ts";

/** What a server that demands a client certificate is shown. */
export interface ClientCertificate {
  /** The certificate, then any intermediates, as PEM. */
  readonly cert: PemSource;
  /** Its private key, as PEM. */
  readonly key: PemSource;
  /** For an encrypted key. */
  readonly passphrase?: string | undefined;
}

/** A client certificate that was read and whose key fits. */
export interface LoadedClientCertificate {
  /** For `tls.createSecureContext`. */
  readonly options: Pick<tls.SecureContextOptions, "cert" | "key" | "passphrase">;
  /** SHA-256 over all of it, hexadecimal. */
  readonly digest: string;
}

/**
 * Reads a client certificate and tries it out.
 *
 * @throws {@link BuildError} A file that cannot be read, a key that does not fit or cannot be decrypted.
 */
export function loadClientCertificate({ cert, key, passphrase }: ClientCertificate): LoadedClientCertificate {
  const options = {
    cert: read(cert, "client certificate"),
    key: read(key, "client certificate's key"),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  try {
    // An empty list of roots: loading the default ones takes 20 ms on Node 20 and proves nothing here.
    tls.createSecureContext({ ...options, ca: [], ciphers: strictCiphers() });
  } catch (error) {
    throw new BuildError(
      `the client certificate ${nameOf(cert)} cannot be used with the key ${nameOf(key)}: ${why(error, options.key.includes("ENCRYPTED"), passphrase)}`,
      { cause: error },
    );
  }
  const digest = createHash("sha256");
  for (const part of [options.cert, options.key, passphrase ?? ""]) digest.update(`${part.length}:`).update(part);
  return { options, digest: digest.digest("hex") };
}

function read(source: PemSource, what: string): Buffer {
  checkPemSource(`the ${what}`, source);
  const path = pathOf(source);
  if (path === undefined) return Buffer.from((source as { readonly pem: string | Uint8Array }).pem);
  try {
    return Buffer.from(readPemFile(path));
  } catch (error) {
    if (!(error instanceof PemFileError)) throw error;
    throw new BuildError(`cannot read the ${what} ${path}: ${error.message}`, { cause: error });
  }
}

function nameOf(source: PemSource): string {
  return pathOf(source) ?? "(given as text)";
}

function why(error: unknown, encrypted: boolean, passphrase: string | undefined): string {
  const { code, message, reason } = error as { code?: string; message: string; reason?: string };
  if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") return "the key belongs to another certificate";
  if (code === "ERR_OSSL_PEM_NO_START_LINE") return "one of the two is not in PEM form, or they are swapped";
  if (encrypted) {
    // A wrong passphrase does not always fail as such: one in 256 decrypts to nonsense, which fails as whatever it looks like.
    return passphrase === undefined
      ? "the key is encrypted; give its passphrase"
      : "the passphrase does not open the key";
  }
  return reason ?? message;
}
