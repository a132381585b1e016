import { type CertificateFacts, createTrust, describeCertificates, type Trust } from "../../client/index.ts";
import type { Environment } from "../../index.ts";
import type { Finding, Section } from "./findings.ts";

const SOON_MS = 30 * 24 * 60 * 60 * 1000;

export interface TrustResult {
  readonly section: Section;
  /** Undefined if the bundle is unusable. */
  readonly trust: Trust | undefined;
  readonly error: unknown;
}

/** Which variable chose which file, which others are ignored, what the file contains and what of it was left out. */
export function examineTrust(env: Environment): TrustResult {
  const title = "Trust (CA bundle)";
  try {
    const trust = createTrust({ env });
    return { section: { title, findings: findingsOf(trust, env) }, trust, error: undefined };
  } catch (error) {
    const finding: Finding = { check: "bundle", outcome: "failed", text: (error as Error).message };
    return { section: { title, findings: [finding] }, trust: undefined, error };
  }
}

function findingsOf(trust: Trust, env: Environment): Finding[] {
  const findings: Finding[] = [selectionFinding(trust)];
  if (trust.bundle) findings.push(...certificateFindings(trust.bundle, Date.now()));
  const roots = trust.describe().split("\n").slice(1);
  findings.push({ check: "system roots", outcome: "ok", text: "trusted in addition to any bundle", details: roots });
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    findings.push({
      check: "NODE_TLS_REJECT_UNAUTHORIZED",
      outcome: "warning",
      text: "is 0, which has no effect here: certificates are always checked. Remove it, it weakens other programs.",
    });
  }
  return findings;
}

function selectionFinding({ selection }: Trust): Finding {
  if (selection.by !== "environment") {
    return { check: "bundle", outcome: "ok", text: "none: neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set" };
  }
  return {
    check: "bundle",
    outcome: "ok",
    text: `${selection.path}, chosen by ${selection.sourceEnv}`,
    details: selection.shadowed.map(({ sourceEnv, path }) => `${sourceEnv}=${path} is therefore ignored`),
  };
}

function certificateFindings(bundle: NonNullable<Trust["bundle"]>, now: number): Finding[] {
  const facts = describeCertificates(bundle);
  const ill = facts.filter((certificate) => complaint(certificate, now) !== undefined);
  const well = facts.filter((certificate) => !ill.includes(certificate));
  const { crls, malformedCrls, privateKeys, other } = bundle.ignored;
  const ignored = [
    counted(crls, "revocation list"),
    malformedCrls > 0 ? `${malformedCrls} of them unreadable` : "",
    counted(privateKeys, "private key"),
    counted(other, "other section"),
  ].filter(Boolean);
  return [
    {
      check: "certificates",
      outcome: ill.length > 0 ? "warning" : "ok",
      text: `${counted(facts.length, "certificate")} accepted${ill.length > 0 ? `, ${ill.length} of them with a flaw` : ""}`,
      details: [...ill, ...well].map((certificate) => certificateLine(certificate, now)),
    },
    ...(ignored.length > 0 ? [{ check: "ignored", outcome: "ok" as const, text: ignored.join(", ") }] : []),
    ...(privateKeys > 0
      ? [
          {
            check: "private key",
            outcome: "warning" as const,
            text: "the bundle holds a private key: it does not belong there, take it out",
          },
        ]
      : []),
  ];
}

function certificateLine(certificate: CertificateFacts, now: number): string {
  const flaw = complaint(certificate, now);
  const line = `${certificate.subject}; ${certificate.key}, ${certificate.signature}; until ${certificate.validTo.slice(0, 10)}`;
  return flaw === undefined ? line : `${line} — ${flaw}`;
}

function complaint({ validFrom, validTo, authority, selfIssued }: CertificateFacts, now: number): string | undefined {
  if (Date.parse(validTo) < now) return "has expired";
  if (Date.parse(validFrom) > now) return "is not valid yet";
  if (!authority && !selfIssued) return "is not an authority: it vouches for nothing";
  if (Date.parse(validTo) < now + SOON_MS) return "expires within 30 days";
  return undefined;
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
