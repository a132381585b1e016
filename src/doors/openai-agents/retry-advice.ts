import type { ModelRetryAdvice } from "@openai/agents";
import { CodexApiError, type CodexFailure } from "../../index.ts";

const NETWORK_KINDS: ReadonlySet<CodexFailure["kind"]> = new Set(["network", "timeout", "stream"]);

/** What the runner needs to know of a failure before it retries. The retries of our own policy are over by then. */
export function retryAdvice(error: unknown): ModelRetryAdvice | undefined {
  if (!CodexApiError.is(error)) return undefined;
  const { kind, message, retryable, retryAfterMs, replay } = error;
  const cause: unknown = error.cause;
  const status = statusOf(error) ?? (CodexApiError.is(cause) ? statusOf(cause) : undefined);
  const partial = "partial" in error ? error.partial : undefined;
  return {
    suggested: retryable,
    reason: message,
    replaySafety: replay,
    ...(partial ? { responseStarted: partial.text !== "" || partial.items.length > 0 } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    normalized: {
      errorCode: kind,
      isNetworkError: NETWORK_KINDS.has(kind),
      isAbort: kind === "aborted",
      ...(status === undefined ? {} : { statusCode: status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
}

function statusOf(error: CodexFailure): number | undefined {
  return error.kind === "http" ? error.status : undefined;
}
