import { type At, outlookOf } from "../../../client/failure/outlook.ts";
import { isTriedAgain, retryDelayMs, type Timing } from "../../../client/retry/policy.ts";
import type { ProviderLimits } from "../../provider.ts";
import { CodexApiError } from "../../refusal/kinds.ts";

/** What an attempt was doing when it failed, and what can still be tried. */
export interface FailedAttempt {
  readonly error: unknown;
  readonly carrier: At["carrier"];
  /** The WebSocket could not be opened; no request was sent. */
  readonly isOpening: boolean;
  /** The connection was idle before this request, and the request brought no event. */
  readonly wasIdle: boolean;
  /** The service continues the response, and all ways to resume it have been tried. */
  readonly isBackground: boolean;
  /** The stream broke after the finished answer: only the event that ends it is missing. */
  readonly endUnconfirmed: boolean;
  /** Retries that this call has used on this carrier. */
  readonly retries: number;
  readonly mayFallBack: boolean;
}

/**
 * `replace`: at once, on another connection, without using a retry. `fall_back`: at once, over HTTP, with a fresh number of retries. `retry`:
 * after a delay. `give_up`: the caller gets the error.
 */
export type Recovery =
  | { readonly action: "replace" | "fall_back" | "give_up" }
  | { readonly action: "retry"; readonly delayMs: number };

const GIVE_UP: Recovery = { action: "give_up" };

/**
 * Decides what to do after a failure, within the session's retries and carriers; `outlookOf` decides what can help. If a WebSocket cannot
 * be opened, or its retries are used up, HTTP is used if allowed. A connection that died while idle is replaced. Everything else waits and
 * is retried.
 *
 * @see The Rust client's stream retries. Differs: one failed opening is enough for HTTP, and a dead idle connection costs no retry (parity:
 *   `session/fallback-after-one`, `websocket/idle-death`); the server's delay is capped (parity: `retry/retry-after`); an answer that has
 *   arrived is not requested again (parity: `session/answered-once`).
 */
export function recoveryFrom(failure: FailedAttempt, limits: ProviderLimits, timing: Timing): Recovery {
  const { error, carrier, isOpening, mayFallBack, retries } = failure;
  if (failure.isBackground || failure.endUnconfirmed) return GIVE_UP;
  // All lanes of all allowed connections are in use: the caller has to decide, and WebSockets work.
  if (isOpening && CodexApiError.is(error) && error.kind === "limit") return GIVE_UP;
  const at: At = { carrier, step: isOpening ? "handshake" : "stream", renewed: retries > 0, only: !mayFallBack };
  if (mayFallBack && outlookOf(error, at).outlook === "elsewhere") return { action: "fall_back" };
  const layer = isOpening ? "handshake" : "stream";
  if (!isTriedAgain(limits.retry, error, { ...at, layer, attempt: retries })) return GIVE_UP;
  if (failure.wasIdle && endsTheConnection(error)) return { action: "replace" };
  if (retries < limits.maxStreamRetries)
    return { action: "retry", delayMs: retryDelayMs(limits.retry, error, retries + 1, timing.random) };
  return mayFallBack ? { action: "fall_back" } : GIVE_UP;
}

/** The stream broke or stalled; the service did not report how its response ended. */
export function isBreak(error: unknown): boolean {
  return CodexApiError.is(error) && (error.kind === "stream" || error.kind === "network" || error.kind === "timeout");
}

/** The server ends connections, and forgets the responses on them, after some time. */
const CONNECTION_IS_OVER: ReadonlySet<string | undefined> = new Set([
  "websocket_connection_limit_reached",
  "previous_response_not_found",
]);

function endsTheConnection(error: unknown): boolean {
  if (!CodexApiError.is(error)) return false;
  if (error.kind === "retryable") return CONNECTION_IS_OVER.has(error.code);
  return error.kind === "stream" || error.kind === "network";
}
