import tls from "node:tls";
import { BuildError } from "../failure/kinds.ts";
import { type CaBundle, rejected } from "./bundle.ts";
import { strictCiphers } from "./ciphers.ts";
import type { LoadedClientCertificate } from "./client-certificate.ts";
import { isSelfIssued } from "./handshake/peer-chain.ts";
import { toBase64 } from "./pem/sections.ts";
import { RecentlyUsed } from "./recently-used.ts";
import type { OrdinaryRoots } from "./roots.ts";

/** The inputs of a TLS context. */
export interface ContextParts {
  readonly roots: OrdinaryRoots;
  readonly bundle: CaBundle | undefined;
  readonly clientCertificate: LoadedClientCertificate | undefined;
  /** Key exchange groups instead of Node's. */
  readonly groups?: string | undefined;
}

// Building one from 144 roots takes 6 to 20 ms, so it is done once per set of inputs and shared by all connections.
// A process has one or two sets; the limit is for one that keeps creating clients with new certificates.
const MAX_CONTEXTS = 16;
const contexts = new WeakMap<OrdinaryRoots, RecentlyUsed<tls.SecureContext>>();

/**
 * The process's shared TLS context for these inputs.
 *
 * @throws {@link CaRejectedError} TLS refuses a certificate of the bundle.
 * @throws {@link BuildError} No context can be made for another reason.
 */
export function sharedContext({ roots, bundle, clientCertificate, groups }: ContextParts): tls.SecureContext {
  const known = contexts.get(roots) ?? new RecentlyUsed<tls.SecureContext>(MAX_CONTEXTS);
  contexts.set(roots, known);
  const key = `${bundle?.digest ?? ""}|${clientCertificate?.digest ?? ""}|${groups ?? ""}`;
  return known.get(key, () => buildContext({ roots, bundle, clientCertificate, groups }));
}

function buildContext({ roots, bundle, clientCertificate, groups }: ContextParts): tls.SecureContext {
  const anchors = bundle ? trustAnchors(bundle) : [];
  const options: tls.SecureContextOptions = { ciphers: strictCiphers(), ...clientCertificate?.options };
  if (groups !== undefined) options.ecdhCurve = groups;
  // A distribution's whole bundle is a common setting; reading its 144 roots twice would double the cost.
  const added = anchors.map(({ pem }) => pem).filter((pem) => !roots.known.has(toBase64(pem)));
  if (added.length > 0 || roots.additional.length > 0)
    options.ca = [...roots.nodeDefault, ...roots.additional, ...added];
  // As in the Rust client, an intermediate authority is enough; by default OpenSSL also needs its root.
  if (anchors.some(({ x509 }) => !isSelfIssued(x509))) options.allowPartialTrustChain = true;
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    if (bundle) refuseUnusable(bundle);
    throw new BuildError(`no TLS context can be made: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The certificates of a bundle that can issue others. A server's own certificate does not count, as in the Rust client, unless it is
 * self-signed.
 */
function trustAnchors({ certificates }: CaBundle): CaBundle["certificates"] {
  return certificates.filter(({ x509 }) => x509.ca || isSelfIssued(x509));
}

function refuseUnusable({ source, certificates }: CaBundle): void {
  for (const [index, { pem }] of certificates.entries()) {
    try {
      tls.createSecureContext({ ca: pem });
    } catch (error) {
      throw rejected(source, index + 1, error);
    }
  }
}
