/** True for OpenSSL versions that offer X25519MLKEM768 by default: 3.5 and later, as in Node 24 and later. */
function offersMlKem(version: string | undefined): boolean {
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(version ?? "")?.map(Number) ?? [];
  return major > 3 || (major === 3 && minor >= 5);
}

/** Groups that every TLS 1.3 server supports, and whose first message fits into one packet. */
export const SMALL_GROUPS = "X25519:P-256:P-384";

/**
 * A possible cause of handshakes that are cut off or never answered, as a sentence for messages; undefined if it does not apply to this
 * process. The first message of a handshake with post-quantum key exchange takes 1.5 kB in two packets, and some firewalls reset or drop
 * it.
 */
export function largeHelloHint(): string | undefined {
  if (!offersMlKem(process.versions.openssl)) return undefined;
  return `This version of Node offers the post-quantum key exchange X25519MLKEM768, whose ClientHello takes two packets, and some firewalls drop it: if that is the cause, a file named by OPENSSL_CONF avoids it (openssl_conf = a, [a] ssl_conf = b, [b] system_default = c, [c] Groups = ${SMALL_GROUPS}); codex-wire doctor tries both.`;
}
