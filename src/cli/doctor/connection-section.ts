import {
  type ConnectStep,
  type Dialer,
  describePeer,
  inspectPeer,
  type Peer,
  type PeerFacts,
  type Trust,
  targetOf,
} from "../../client/index.ts";
import type { Finding, Section } from "./findings.ts";

export interface ConnectionResult {
  readonly section: Section;
  readonly error: unknown;
}

export interface ConnectionChecks {
  readonly url: string;
  readonly trust: Trust;
  readonly dialer: Dialer;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const STEP_NAMES: Readonly<Record<ConnectStep, string>> = {
  "dns lookup": "DNS",
  "tcp connect": "TCP",
  "proxy handshake": "proxy",
  "tls handshake": "TLS",
};

interface TimedStep {
  readonly step: ConnectStep;
  readonly peer: Peer;
  readonly startedAt: number;
}

/** Connects like a request and reports each step with its time; at the first failure, the cause and the remedy. */
export async function examineConnection({
  url,
  trust,
  dialer,
  timeoutMs,
  signal,
}: ConnectionChecks): Promise<ConnectionResult> {
  const title = `Connection to ${targetName(url)}`;
  const steps: TimedStep[] = [];
  const onStep = (step: ConnectStep, peer: Peer) => steps.push({ step, peer, startedAt: performance.now() });
  try {
    const limits = { timeoutMs, signal, onStep };
    const socket = await (dialer.forward(url)?.dial(limits) ?? dialer.dial(targetOf(url), limits));
    const endedAt = performance.now();
    const findings = steps.map((step, nth) => passed(step, steps[nth + 1]?.startedAt ?? endedAt));
    const peer = inspectPeer(socket, trust.bundle);
    if (peer) findings.push(chainFinding(peer));
    socket.destroy();
    return { section: { title, findings }, error: undefined };
  } catch (error) {
    const endedAt = performance.now();
    const done = steps.slice(0, -1).map((step, nth) => passed(step, steps[nth + 1]?.startedAt ?? endedAt));
    const last = steps.at(-1);
    const failed: Finding = {
      check: last ? STEP_NAMES[last.step] : "connect",
      outcome: "failed",
      text: (error as Error).message,
      durationMs: last && endedAt - last.startedAt,
    };
    return { section: { title, findings: [...done, failed] }, error };
  }
}

function passed({ step, peer, startedAt }: TimedStep, endedAt: number): Finding {
  return { check: STEP_NAMES[step], outcome: "ok", text: describePeer(peer), durationMs: endedAt - startedAt };
}

function targetName(url: string): string {
  const { hostname, port, protocol } = targetOf(url);
  return `${hostname}:${port} (${protocol.slice(0, -1)})`;
}

function chainFinding({ protocol, cipher, chain, vouchedByBundle }: PeerFacts): Finding {
  const lines = chain.map(
    ({ subject, issuer, validTo, key }) => `${subject}, issued by ${issuer}; ${key}; until ${validTo.slice(0, 10)}`,
  );
  const text = `${protocol ?? "TLS"}, ${cipher}; the chain as presented and completed`;
  if (!vouchedByBundle) return { check: "certificates", outcome: "ok", text, details: lines };
  return {
    check: "certificates",
    outcome: "ok",
    text: `${text}; ${vouchedByBundle.subject} of your bundle vouches for it and no public root does: a proxy that inspects TLS, or a private authority`,
    details: lines,
  };
}
