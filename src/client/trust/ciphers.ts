import tls from "node:tls";

let isLevelKnown: boolean | undefined;

/**
 * BoringSSL (Bun, Electron) has no security levels and refuses a list that contains one. Its own rules then apply: they also refuse SHA-1
 * signatures, but accept RSA keys of 1024 bits, which are checked after the handshake.
 */
export function knowsSecurityLevels(): boolean {
  isLevelKnown ??= canMakeContext(`${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`);
  return isLevelKnown;
}

/** The consequence of that, as a sentence for logs and reports; undefined if OpenSSL's levels apply. */
export function missingLevelsNote(): string | undefined {
  return knowsSecurityLevels()
    ? undefined
    : "The TLS of this runtime (BoringSSL) has no security levels: its own rules hold for ciphers and signatures, and RSA keys below 2048 bits are refused after the handshake.";
}

function canMakeContext(ciphers: string): boolean {
  try {
    tls.createSecureContext({ ciphers, ca: [] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Node's ciphers at OpenSSL's security level 2, the default of Node 24: no RSA key below 2048 bits, no SHA-1 signature. Older versions
 * would accept both. A level that the user set for Node (`--tls-cipher-list`) is kept.
 */
export function strictCiphers(): string | undefined {
  if (!knowsSecurityLevels()) return undefined;
  return tls.DEFAULT_CIPHERS.includes("@SECLEVEL") ? tls.DEFAULT_CIPHERS : `${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`;
}
