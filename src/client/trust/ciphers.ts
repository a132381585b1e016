import tls from "node:tls";

let isLevelKnown: boolean | undefined;

/**
 * BoringSSL (Bun, Electron) knows no security levels and refuses a list that names one: there its own rules hold, which take no SHA-1 signature
 * either but RSA keys of 1024 bits, and those are looked for after the handshake.
 */
export function knowsSecurityLevels(): boolean {
  isLevelKnown ??= canMakeContext(`${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`);
  return isLevelKnown;
}

/** What that means for connections here, as a sentence for logs and reports; undefined where OpenSSL's levels hold. */
export function missingLevelsNote(knowsLevels = knowsSecurityLevels()): string | undefined {
  return knowsLevels
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
 * Node's ciphers at OpenSSL's security level 2, as Node 24 has it by default: no RSA key below 2048 bits, no SHA-1 signature.
 * Older versions would let both pass. A level that the user set for Node (`--tls-cipher-list`) stays.
 */
export function strictCiphers(): string | undefined {
  if (!knowsSecurityLevels()) return undefined;
  return tls.DEFAULT_CIPHERS.includes("@SECLEVEL") ? tls.DEFAULT_CIPHERS : `${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`;
}
