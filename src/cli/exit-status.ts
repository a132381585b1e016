import { CodexApiError } from "../client/errors.ts";
import { isTrustFailure } from "../client/trust/index.ts";
import { ReportedError } from "./reported-error.ts";
import { UsageError } from "./usage-error.ts";

export const exitStatus = {
  done: 0,
  ourFault: 1,
  usage: 2,
  refused: 3,
  network: 4,
  trust: 5,
  interrupted: 130,
} as const;

const byKind: Readonly<Record<string, number>> = {
  build: exitStatus.usage,
  aborted: exitStatus.interrupted,
  network: exitStatus.network,
  timeout: exitStatus.network,
  stream: exitStatus.network,
  ca_read: exitStatus.trust,
  ca_invalid: exitStatus.trust,
  ca_rejected: exitStatus.trust,
};

/** What the command exits with after a failure; every kind not named here is a refusal of the API. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof ReportedError) return exitStatusOf(error.cause);
  if (error instanceof UsageError) return exitStatus.usage;
  if (!CodexApiError.is(error)) return exitStatus.ourFault;
  if (isTrustFailure(error)) return exitStatus.trust;
  return byKind[error.kind] ?? exitStatus.refused;
}
