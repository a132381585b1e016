/** The versions of OpenSSL that offer X25519MLKEM768 by themselves: 3.5 and later, which Node 24 and later have. */
function offersMlKem(version: string | undefined): boolean {
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(version ?? "")?.map(Number) ?? [];
  return major > 3 || (major === 3 && minor >= 5);
}

/** The groups that every TLS 1.3 server knows, whose first message fits into one packet. */
export const SMALL_GROUPS = "X25519:P-256:P-384";

/**
 * A cause of handshakes that end at once or are never answered, as a sentence for messages; undefined where this process does not do so.
 * The first message of a handshake with post-quantum key exchange takes 1.5 kB in two packets, and some firewalls reset or swallow it.
 */
export function largeHelloHint(openssl: string | undefined = process.versions.openssl): string | undefined {
  if (!offersMlKem(openssl)) return undefined;
  return `This version of Node offers the post-quantum key exchange X25519MLKEM768, whose ClientHello takes two packets, and some firewalls drop it: if that is the cause, a file that OPENSSL_CONF names avoids it (openssl_conf = a, [a] ssl_conf = b, [b] system_default = c, [c] Groups = ${SMALL_GROUPS}); codex-wire doctor tries both.`;
}
