import { isTrustFailure } from "../../client/trust/index.ts";
import { CodexApiError, KINDS } from "./kinds.ts";

/**
 * Suggested exit status of a program after a failure, as the command uses it: 2 the request could not be built, 3 the API refused, 4
 * network, time-out or broken stream, 5 certificates, 130 interrupted; 1 for anything that is not an error of this package.
 */
export function exitStatusOf(error: unknown): number {
  if (!CodexApiError.is(error)) return 1;
  return isTrustFailure(error) ? 5 : KINDS[error.kind].exit;
}
