import { StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { WebSocketEnd } from "../../../client/websocket/index.ts";

/** How a connection ended. */
export interface RealtimeClosure {
  /**
   * - `requested`: `close` or `terminate` was called.
   * - `goodbye`: the service sent a close frame without an error code.
   * - `session_expired`: the session reached the service's limit of 60 minutes; open another.
   * - `failed`: the service sent a close frame with an error code, such as 1008 or 1011.
   * - `cut`: the connection broke, or ended without a close frame; `reason` has the cause, if it is known.
   * - `silence`: the service did not answer a ping.
   */
  readonly cause: "requested" | "goodbye" | "session_expired" | "failed" | "cut" | "silence";
  /** Code of the service's close frame; undefined if there was no frame or no code. */
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

/** In close frames, or in an `error` event before the close frame. */
const EXPIRED_CODE = "session_expired";
const EXPIRED_REASON = /session[_ ]expired|maximum duration|60[- ]minutes?/i;
/** RFC 6455 §7.4.1: normal closure; going away; no code. */
const GOODBYES = new Set([1000, 1001, 1005]);
const NO_CODE = 1005;

/** @param lastErrorCode - Code of the last `error` event before the end. */
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

/** What a reader gets at the end in `v1` and `v2`: a close frame with any code, or an end without one, is not a failure. */
export function referenceFailure(end: WebSocketEnd): StreamError | TimeoutError | undefined {
  if (end.by === "network" && end.error) {
    return new StreamError(`failed to read websocket message: ${end.error.message}`, { cause: end.error });
  }
  if (end.by !== "silence") return undefined;
  const { timeoutMs } = end;
  const message = `failed to read websocket message: no sign of life for ${timeoutMs} ms, not even a pong`;
  return new TimeoutError(message, { phase: "idle", timeoutMs });
}

/** What a reader gets at the end in `v3`: a close frame with an error code, or an end without a close frame, is a failure. */
export function failureOf(end: WebSocketEnd, closure: RealtimeClosure): StreamError | TimeoutError | undefined {
  const { cause, code, reason } = closure;
  if (cause === "failed") {
    const why = reason === undefined ? "" : `: ${reason}`;
    return new StreamError(`the service closed the realtime session with code ${code}${why}`);
  }
  if (cause === "cut" && end.by === "network" && !end.error) {
    return new StreamError("the realtime connection ended without a close frame; connect again to continue");
  }
  return cause === "session_expired" ? undefined : referenceFailure(end);
}
