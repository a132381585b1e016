import { CodexApiError, KINDS } from "../api/refusal/kinds.ts";
import { isTrustFailure } from "../client/trust/index.ts";
import { ReportedError } from "./reported-error.ts";
import { UsageError } from "./usage-error.ts";

export const exitStatus = {
  done: 0,
  ourFault: 1,
  usage: 2,
  trust: 5,
  interrupted: 130,
} as const;

/** What the command exits with after a failure: what the table of kinds says. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof ReportedError) return exitStatusOf(error.cause);
  if (error instanceof UsageError) return exitStatus.usage;
  if (!CodexApiError.is(error)) return exitStatus.ourFault;
  return isTrustFailure(error) ? exitStatus.trust : KINDS[error.kind].exit;
}
