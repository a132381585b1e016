import { CodexApiError } from "../../index.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import { refusal } from "./access.ts";

/** The answer to a client if the service gave none; it says that it does not come from the service. */
export function failureAnswer(error: unknown): WholeAnswer {
  if (!CodexApiError.is(error)) return refusal(500, "gateway_fault", `The gateway failed: ${messageOf(error)}`);
  const status = error.kind === "timeout" ? 504 : error.kind === "build" ? 400 : 502;
  // SDKs that read this header do not retry errors that will not go away.
  const headers: Record<string, string> = error.retryable ? {} : { "x-should-retry": "false" };
  return refusal(status, error.kind, `The service gave no answer (${error.kind}): ${error.message}`, headers);
}

/** For the log. */
export function describeFailure(error: unknown): string {
  return CodexApiError.is(error) ? `${error.kind}: ${error.message}` : messageOf(error);
}

/** With the cause, because a `fetch` says no more than that it failed. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
