import type { X509Certificate } from "node:crypto";
import { printable } from "../../wording/printable.ts";
import type { CaBundle } from "../bundle.ts";
import { describeSource } from "../bundle.ts";
import {
  describeKey,
  hasWeakKey,
  hasWeakSignature,
  isSelfIssued,
  issuerOf,
  signatureOf,
  subjectOf,
} from "./peer-chain.ts";

/** What the other side presented, and the result of the check. */
export interface Refusal {
  readonly host: string;
  /** Code of OpenSSL or Node. */
  readonly code: string;
  /** OpenSSL's text, if Node has no code for it. */
  readonly reason?: string | undefined;
  /** The server's own certificate first; empty if it sent none. */
  readonly chain: readonly X509Certificate[];
  readonly bundle: CaBundle | undefined;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** Why a certificate is refused and what to do, as text. `code` is more specific than Node's if Node has none. */
export interface Verdict {
  readonly code: string;
  readonly what: string;
  readonly advice: string;
}

const WEAK_ADVICE =
  "The operators of that server or proxy must renew its certificates, with RSA of 2048 bits or more or an elliptic curve, and SHA-256. There is no option to accept them.";

/** OpenSSL's names (`X509_V_ERR_…`) by its texts, for codes that Node calls UNSPECIFIED. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["permitted subtree violation", "PERMITTED_VIOLATION"],
  ["excluded subtree violation", "EXCLUDED_VIOLATION"],
  ["name constraints minimum and maximum not supported", "SUBTREE_MINMAX"],
  ["unsupported name constraint type", "UNSUPPORTED_CONSTRAINT_TYPE"],
  ["unsupported or invalid name syntax", "UNSUPPORTED_NAME_SYNTAX"],
  ["unhandled critical extension", "UNHANDLED_CRITICAL_EXTENSION"],
  ["key usage does not include certificate signing", "KEYUSAGE_NO_CERTSIGN"],
  ["path length constraint exceeded", "PATH_LENGTH_EXCEEDED"],
  ["invalid ca certificate", "INVALID_CA"],
  ["unsuitable certificate purpose", "INVALID_PURPOSE"],
]);

/** Turns the code of a failed check and the certificates into a reason and advice. */
export function judge(given: Refusal): Verdict {
  const refusal = { ...given, code: preciseCode(given) };
  const { code, chain, reason } = refusal;
  const [leaf] = chain;
  const last = chain.at(-1);
  if (!leaf || !last) {
    const what = reason ? `it did not pass the check: ${printable(reason)}` : "it presented no certificate";
    return {
      code,
      what,
      advice: `Check the address; if a proxy inspects TLS on this network, ${addTo(refusal.bundle)} its CA certificate.`,
    };
  }
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
    case "HOSTNAME_MISMATCH":
      return wrongName(refusal, leaf);
    case "CERT_HAS_EXPIRED":
      return outOfDate(refusal, "has expired", ({ validTo }) => Date.parse(validTo) < refusal.now);
    case "CERT_NOT_YET_VALID":
      return outOfDate(refusal, "is not valid yet", ({ validFrom }) => Date.parse(validFrom) > refusal.now);
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return {
        code,
        what: "it is signed by itself and is not among the trusted certificates",
        advice: `If this server is the one you mean, ${addTo(refusal.bundle)} this certificate.`,
      };
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "CERT_SIGNATURE_FAILURE":
    case "CERT_UNTRUSTED":
      return unknownIssuer(refusal, last);
    case "INVALID_CA":
      return {
        code,
        what: "one of the certificates above it is not allowed to issue certificates",
        advice:
          "Check that the bundle holds the certificate of the authority (CA:TRUE), not one that the authority issued.",
      };
    case "PERMITTED_VIOLATION":
    case "EXCLUDED_VIOLATION":
    case "SUBTREE_MINMAX":
    case "UNSUPPORTED_CONSTRAINT_TYPE":
    case "UNSUPPORTED_NAME_SYNTAX":
      return {
        code,
        what: "an authority above it may not issue certificates for this name (name constraints)",
        advice:
          "The operators of the authority, often that of a proxy that inspects TLS, must widen its name constraints or exempt this host from inspection.",
      };
    case "UNHANDLED_CRITICAL_EXTENSION":
      return {
        code,
        what: "it, or a certificate above it, has a critical extension that OpenSSL does not know",
        advice: "Its issuer must make the extension not critical, or leave it out.",
      };
    case "KEYUSAGE_NO_CERTSIGN":
      return {
        code,
        what: "a certificate above it may not sign certificates (its key usage lacks Certificate Sign)",
        advice: "The authority's certificate must be reissued with keyUsage keyCertSign.",
      };
    case "PATH_LENGTH_EXCEEDED":
      return {
        code,
        what: "an authority above it may not have that many authorities below itself (path length)",
        advice:
          "The operators of the authority must reissue it with a longer path length, or leave an intermediate out.",
      };
    case "INVALID_PURPOSE":
      return {
        code,
        what: "it was not issued for servers",
        advice: "The server must present a certificate for server authentication.",
      };
    default:
      return (
        weakness(refusal, leaf) ?? {
          code,
          what: reason ? `it did not pass the check: ${printable(reason)}` : "it did not pass the check",
          advice: "Its issuer must fix what the check reports.",
        }
      );
  }
}

function preciseCode({ code, reason, chain }: Refusal): string {
  const named = CODES.get(reason?.toLowerCase() ?? "") ?? code;
  // OpenSSL reports the same for a client certificate and for an issuer that is not an authority.
  return named === "INVALID_PURPOSE" && chain.slice(1).some(({ ca }) => !ca) ? "INVALID_CA" : named;
}

function wrongName({ code, host }: Refusal, leaf: X509Certificate): Verdict {
  const names = leaf.subjectAltName ? printable(leaf.subjectAltName) : "no name at all";
  return {
    code,
    what: `it is valid for ${names}, not for ${host}`,
    advice: "Check the address; a captive portal, or a proxy that answers for the server, can cause this too.",
  };
}

function outOfDate(
  { code, chain, bundle, now }: Refusal,
  what: string,
  test: (certificate: X509Certificate) => boolean,
): Verdict {
  const last = chain.at(-1);
  const above = bundle?.certificates.map(({ x509 }) => x509).filter((x509) => last?.checkIssued(x509));
  const culprit = chain.find(test) ?? above?.find(test);
  const clock = `this machine's clock says ${isoTime(now)}`;
  if (!culprit)
    return { code, what: `a certificate above it ${what} (${clock})`, advice: "Renew the root, or set the clock." };
  const period = `valid from ${isoTime(Date.parse(culprit.validFrom))} to ${isoTime(Date.parse(culprit.validTo))}`;
  const whose = culprit === chain[0] ? "it" : `${subjectOf(culprit)} above it`;
  return {
    code,
    what: `${whose} ${what} (${period}; ${clock})`,
    advice: "If the clock is wrong, set it; otherwise the certificate must be renewed.",
  };
}

function unknownIssuer({ code, chain, bundle }: Refusal, last: X509Certificate): Verdict {
  const issuer = issuerOf(last);
  const what = `${issuer}, where its chain ends, is not among the trusted roots`;
  if (bundle?.certificates.some(({ x509 }) => x509.subject === last.issuer && !last.verify(x509.publicKey))) {
    const file = describeSource(bundle.source);
    return {
      code,
      what,
      advice: `A certificate of that name is in ${file}, but with another key: the authority has a new key, so export its certificate again.`,
    };
  }
  if (bundle?.certificates.some(({ x509 }) => chain[0]!.raw.equals(x509.raw))) {
    const file = describeSource(bundle.source);
    return {
      code,
      what,
      advice: `${file} has the server's own certificate, which vouches for nothing: put the certificate of ${issuer} there.`,
    };
  }
  if (code === "CERT_SIGNATURE_FAILURE") {
    return { code, what: "its signature is not its authority's", advice: "The certificate is damaged or forged." };
  }
  const inspected = `If a proxy inspects TLS on this network, ${addTo(bundle)} its CA certificate.`;
  if (chain.length > 1 || isSelfIssued(last)) return { code, what, advice: inspected };
  const address = /CA Issuers - URI:(\S+)/.exec(last.infoAccess ?? "")?.[1];
  const fetch = address ? ` (published at ${printable(address)})` : "";
  return {
    code,
    what,
    advice: `${inspected} The server sent only its own certificate: if ${issuer} is an intermediate authority${fetch}, the server must send that too, or you add it to the bundle.`,
  };
}

// Node has no code of its own for these and says UNSPECIFIED; OpenSSL's names are restored.
function weakness({ chain, bundle }: Refusal, leaf: X509Certificate): Verdict | undefined {
  if (hasWeakKey(leaf)) {
    const what = `its key is too weak (${describeKey(leaf)}; RSA needs at least 2048)`;
    return { code: "EE_KEY_TOO_SMALL", what, advice: WEAK_ADVICE };
  }
  const anchor = bundle?.certificates.find(({ x509 }) => chain.at(-1)!.checkIssued(x509))?.x509;
  const authority = [...chain.slice(1), ...(anchor ? [anchor] : [])].find(hasWeakKey);
  if (authority) {
    const what = `the key of its authority ${subjectOf(authority)} is too weak (${describeKey(authority)}; RSA needs at least 2048)`;
    return { code: "CA_KEY_TOO_SMALL", what, advice: WEAK_ADVICE };
  }
  const signed = chain.find((certificate) => !isSelfIssued(certificate) && hasWeakSignature(certificate));
  if (!signed) return undefined;
  const whose = signed === leaf ? "it" : `${subjectOf(signed)} above it`;
  return {
    code: "CA_MD_TOO_WEAK",
    what: `${whose} is signed with ${signatureOf(signed)}, which can be forged`,
    advice: WEAK_ADVICE,
  };
}

function addTo(bundle: CaBundle | undefined): string {
  if (!bundle) return "set CODEX_CA_CERTIFICATE to a PEM file that holds";
  return bundle.source.path ? `add to ${bundle.source.path}` : "add to the option ca";
}

function isoTime(time: number): string {
  return Number.isNaN(time)
    ? "an unreadable date"
    : new Date(time)
        .toISOString()
        .replace(".000Z", "Z")
        .replace(/\.\d+Z$/, "Z");
}
