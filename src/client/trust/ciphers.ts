import tls from "node:tls";

/**
 * Node's ciphers at OpenSSL's security level 2, as Node 24 has it by default: no RSA key below 2048 bits, no SHA-1 signature.
 * Older versions would let both pass. A level that the user set for Node (`--tls-cipher-list`) stays.
 */
export function strictCiphers(): string {
  return tls.DEFAULT_CIPHERS.includes("@SECLEVEL") ? tls.DEFAULT_CIPHERS : `${tls.DEFAULT_CIPHERS}:@SECLEVEL=2`;
}
