import { isTrustFailure, type Route, safeUrl, targetOf } from "../../client/index.ts";
import { CodexApiError, NetworkError, version as packageVersion, TimeoutError } from "../../index.ts";
import type { Report } from "./findings.ts";

/** The context of a report. */
export interface Situation {
  /** Undefined if no route could be chosen. */
  readonly route: Route | undefined;
  /** Unix time in milliseconds. */
  readonly now: number;
  /** As `process.platform` names it. */
  readonly platform: string;
}

/**
 * A paragraph for readers who operate the network but do not know this program: where, when, what fails, and what they should do. Undefined
 * if nothing fails.
 */
export function helpDeskParagraph(report: Pick<Report, "url" | "error">, situation: Situation): string | undefined {
  const { error, url } = report;
  if (error === undefined) return undefined;
  const { hostname, port } = targetOf(url);
  const { route, now, platform } = situation;
  const when = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const { node, openssl, bun, deno } = process.versions;
  const runtime = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node.js ${node}, OpenSSL ${openssl}`;
  return [
    `For a help desk: at ${when}, on a ${SYSTEMS.get(platform) ?? platform} machine, codex-wire ${packageVersion} (${runtime}) could not use`,
    `${safeUrl(url)}${wayOf(route)}. ${firstSentence((error as Error).message)}`,
    `Needed: ${needOf(error, `${hostname}:${port}`, hostname, situation)}`,
  ].join(" ");
}

function wayOf(route: Route | undefined): string {
  if (route === undefined) return "";
  return route.kind === "proxy" ? ` through the proxy ${route.proxy} (${route.source})` : " without a proxy";
}

const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ["darwin", "macOS"],
  ["win32", "Windows"],
  ["linux", "Linux"],
]);

function firstSentence(message: string): string {
  const [first = message] = message.split(/(?<=[.)])\s+(?=[A-Z])/);
  const sentence = first.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase()); // a host's name stays as it is
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function needOf(error: unknown, authority: string, hostname: string, { route, platform }: Situation): string {
  if (CodexApiError.is(error) && "sourceEnv" in error && error.sourceEnv !== undefined) {
    return `a PEM file of certificate authorities (${exportOf(platform)}) for ${error.sourceEnv}, or that variable unset.`;
  }
  if (isTrustFailure(error)) {
    return `the certificate of the authority that signs for ${hostname} on this network, as a PEM file for CODEX_CA_CERTIFICATE (${exportOf(platform)}), or an exemption of ${hostname} from TLS inspection.`;
  }
  const phase = error instanceof NetworkError || error instanceof TimeoutError ? error.phase : undefined;
  const proxy = route?.kind === "proxy" ? String(route.proxy) : undefined;
  switch (phase) {
    case "dns":
      return `${proxy ?? hostname} must resolve to an address on this machine, or the address of the proxy to use (HTTPS_PROXY).`;
    case "proxy":
      return error instanceof NetworkError && error.code === "PROXY_AUTHENTICATION_REQUIRED"
        ? `credentials for ${proxy ?? "the proxy"} by the scheme Basic, or a rule that lets CONNECT to ${authority} through without any.`
        : `${proxy ?? "the proxy"} must allow CONNECT to ${authority}, for HTTPS and for WebSocket.`;
    case "tls":
      return `TLS of version 1.2 or later from this machine to ${authority}, neither reset nor held up on the way.`;
    case "connect":
      return `TCP from this machine to ${proxy ?? authority}, or the address of the proxy to use (HTTPS_PROXY).`;
    default:
      return `HTTPS and WebSocket from this machine to ${authority}, answered by that server and not by a page of the network.`;
  }
}

/** Where to find a certificate authority that the company installed. */
function exportOf(platform: string): string {
  switch (platform) {
    case "darwin":
      return "macOS: security find-certificate -a -p /Library/Keychains/System.keychain > ca.pem";
    case "win32":
      return "Windows: certlm.msc, Trusted Root Certification Authorities, Export, Base-64 encoded X.509";
    default:
      return "Linux: /usr/local/share/ca-certificates or /etc/pki/ca-trust/source/anchors, where the company puts it";
  }
}
