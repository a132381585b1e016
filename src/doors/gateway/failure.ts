import { CodexApiError } from "../../index.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";

/** What a client is told where the service gave no answer: that it was not the service who says it. */
export function failureAnswer(error: unknown): WholeAnswer {
  if (!CodexApiError.is(error)) return refusal(500, "gateway_fault", `The gateway failed: ${messageOf(error)}`);
  const status = error.kind === "timeout" ? 504 : error.kind === "build" ? 400 : 502;
  // What stays wrong is not asked again by SDKs that heed this.
  const headers: Record<string, string> = error.retryable ? {} : { "x-should-retry": "false" };
  return refusal(status, error.kind, `The service gave no answer (${error.kind}): ${error.message}`, headers);
}

/** For the log. */
export function describeFailure(error: unknown): string {
  return CodexApiError.is(error) ? `${error.kind}: ${error.message}` : messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
