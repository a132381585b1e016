import tls from "node:tls";
import { BuildError } from "../failure/kinds.ts";
import { type CaBundle, rejected } from "./bundle.ts";
import { strictCiphers } from "./ciphers.ts";
import type { LoadedClientCertificate } from "./client-certificate.ts";
import { isSelfIssued } from "./handshake/peer-chain.ts";
import { toBase64 } from "./pem/sections.ts";
import { RecentlyUsed } from "./recently-used.ts";
import type { OrdinaryRoots } from "./roots.ts";

/** What a context is made of. */
export interface ContextParts {
  readonly roots: OrdinaryRoots;
  readonly bundle: CaBundle | undefined;
  readonly clientCertificate: LoadedClientCertificate | undefined;
  /** Key exchange groups in place of Node's. */
  readonly groups?: string | undefined;
}

// Building one from 144 roots takes 6 to 20 ms, so it is done once for each set of parts and shared by every connection.
// A process has one or two sets; the bound is for one that makes clients with ever new certificates.
const MAX_CONTEXTS = 16;
const contexts = new WeakMap<OrdinaryRoots, RecentlyUsed<tls.SecureContext>>();

/**
 * The process's one TLS context for these parts.
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
  // A distribution's whole bundle is a common setting; reading its 144 roots a second time would double the cost.
  const added = anchors.map(({ pem }) => pem).filter((pem) => !roots.known.has(toBase64(pem)));
  if (added.length > 0 || roots.additional.length > 0)
    options.ca = [...roots.nodeDefault, ...roots.additional, ...added];
  // As in the Rust client an issuing authority alone is enough; OpenSSL by itself asks for its root too.
  if (anchors.some(({ x509 }) => !isSelfIssued(x509))) options.allowPartialTrustChain = true;
  try {
    return tls.createSecureContext(options);
  } catch (error) {
    if (bundle) refuseUnusable(bundle);
    throw new BuildError(`no TLS context can be made: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The certificates of a bundle that can vouch for others. A server's own certificate among them vouches for nothing, in the
 * reference too; only as a root of itself does it count.
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
