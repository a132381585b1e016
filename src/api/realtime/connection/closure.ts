import { StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { WebSocketEnd } from "../../../client/websocket/index.ts";

/** How a connection ended. */
export interface RealtimeClosure {
  /**
   * - `requested`: `close` or `terminate` was called.
   * - `goodbye`: the service said it, and gave no fault for the reason.
   * - `session_expired`: the session had lasted as long as the service lets one, 60 minutes; open another.
   * - `failed`: the service's goodbye names a fault, such as 1008 or 1011.
   * - `cut`: it broke, or ended without a goodbye; `reason` says what broke it, where anything does.
   * - `silence`: the service answered no ping.
   */
  readonly cause: "requested" | "goodbye" | "session_expired" | "failed" | "cut" | "silence";
  /** Of the service's close frame; missing where there was none, or none in it. */
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

/** In close frames, or of an `error` event before it. */
const EXPIRED_CODE = "session_expired";
const EXPIRED_REASON = /session[_ ]expired|maximum duration|60[- ]minutes?/i;
/** RFC 6455 §7.4.1: done; going away; no code at all. */
const GOODBYES = new Set([1000, 1001, 1005]);
const NO_CODE = 1005;

/** @param lastErrorCode - Of the last `error` event before the end. */
export function closureOf(end: WebSocketEnd, lastErrorCode: string | undefined): RealtimeClosure {
  switch (end.by) {
    case "us":
      return { cause: "requested" };
    case "silence":
      return { cause: "silence" };
    case "network":
      return {
        cause: lastErrorCode === EXPIRED_CODE ? "session_expired" : "cut",
        ...(end.error && { reason: end.error.message }),
      };
    case "peer": {
      const { code, reason } = end;
      const isExpired = lastErrorCode === EXPIRED_CODE || EXPIRED_REASON.test(reason);
      return {
        cause: isExpired ? "session_expired" : GOODBYES.has(code) ? "goodbye" : "failed",
        ...(code !== NO_CODE && { code }),
        ...(reason !== "" && { reason }),
      };
    }
  }
}

/** What a reader is told of an end in `v1` and `v2`: a goodbye of whatever code, and an end without one, are no failures. */
export function referenceFailure(end: WebSocketEnd): StreamError | TimeoutError | undefined {
  if (end.by === "network" && end.error) {
    return new StreamError(`failed to read websocket message: ${end.error.message}`, { cause: end.error });
  }
  if (end.by !== "silence") return undefined;
  const { timeoutMs } = end;
  const message = `failed to read websocket message: no sign of life for ${timeoutMs} ms, not even a pong`;
  return new TimeoutError(message, { phase: "idle", timeoutMs });
}

/** What a reader is told of an end in `v3`: a fault that the service names, and an end without a goodbye, are failures as well. */
export function failureOf(end: WebSocketEnd, closure: RealtimeClosure): StreamError | TimeoutError | undefined {
  const { cause, code, reason } = closure;
  if (cause === "failed") {
    const why = reason === undefined ? "" : `: ${reason}`;
    return new StreamError(`the service closed the realtime session with code ${code}${why}`);
  }
  if (cause === "cut" && end.by === "network" && !end.error) {
    return new StreamError("the realtime connection ended without a goodbye; connect again to go on");
  }
  return cause === "session_expired" ? undefined : referenceFailure(end);
}
