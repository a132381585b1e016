import { type At, outlookOf } from "../../client/failure/outlook.ts";
import { isTriedAgain, retryDelayMs, type Timing } from "../../client/retry/policy.ts";
import type { ProviderLimits } from "../provider.ts";
import { CodexApiError } from "../refusal/kinds.ts";

/** What a stream was doing when it failed, and what is left to try. */
export interface Failure {
  readonly error: unknown;
  readonly carrier: At["carrier"];
  /** The WebSocket could not be opened: no request was sent. */
  readonly isOpening: boolean;
  /** The connection had been idle since it was opened or since an earlier request, and this request brought no event. */
  readonly wasIdle: boolean;
  /** The response goes on at the service, and all that could take it up again was tried. */
  readonly goesOn: boolean;
  /** It broke behind the finished answer: all that is known to be missing is the event that ends it. */
  readonly endUnconfirmed: boolean;
  /** Retries that this call has spent on this carrier. */
  readonly retries: number;
  readonly mayFallBack: boolean;
}

/**
 * `replace`: at once, on a new connection, free of charge; `fall_back`: at once, over HTTP, with a fresh budget; `retry`: after a wait;
 * `give_up`: the error is the caller's.
 */
export type Recovery =
  | { readonly action: "replace" | "fall_back" | "give_up" }
  | { readonly action: "retry"; readonly delayMs: number };

const GIVE_UP: Recovery = { action: "give_up" };

/**
 * What to do after a failure, within a session's budget and its carriers; what can help is `outlookOf`'s to say. A WebSocket that cannot be
 * opened, or whose budget is spent, gives way to HTTP where it may; a connection that died while nobody used it is replaced; the rest waits
 * and tries again.
 *
 * @see The reference's stream retries. Differs: one failed opening is enough for HTTP, and a dead idle connection costs no retry
 *   (parity: `session/fallback-after-one`, `websocket/idle-death`); the server's delay is capped (parity: `retry/retry-after`); an answer that
 *   is there is not asked for again (parity: `session/answered-once`).
 */
export function recoveryFrom(failure: Failure, limits: ProviderLimits, timing: Timing): Recovery {
  const { error, carrier, isOpening, mayFallBack, retries } = failure;
  if (failure.goesOn || failure.endUnconfirmed) return GIVE_UP;
  // No lane is left on as many connections as may be opened: that is the caller's to decide, and no reason to give WebSockets up.
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

/** The stream broke, or fell silent; the service said nothing about its response. */
export function isBreak(error: unknown): boolean {
  return CodexApiError.is(error) && (error.kind === "stream" || error.kind === "network" || error.kind === "timeout");
}

/** The server keeps neither a connection nor the response that it remembers for ever. */
const CONNECTION_IS_OVER: ReadonlySet<string | undefined> = new Set([
  "websocket_connection_limit_reached",
  "previous_response_not_found",
]);

function endsTheConnection(error: unknown): boolean {
  if (!CodexApiError.is(error)) return false;
  if (error.kind === "retryable") return CONNECTION_IS_OVER.has(error.code);
  return error.kind === "stream" || error.kind === "network";
}
