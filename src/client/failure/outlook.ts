import { Failure, type Outlook, type Replay } from "./failure.ts";
import { isServerFault, LOGIN_REQUIRED } from "./kinds.ts";

/** Where a failure happened. */
export interface At {
  readonly carrier: "http" | "websocket";
  /**
   * `handshake`: a WebSocket was being opened; `request`: no answer had begun; `stream`: a whole response would be requested again,
   * whatever became of the first; `sideband`: a connection to a call that was just created.
   */
  readonly step: "handshake" | "request" | "stream" | "sideband";
  /** The credentials were renewed in this call, or cannot be. Default false. */
  readonly renewed?: boolean | undefined;
  /** No other carrier may be used. Default false. */
  readonly only?: boolean | undefined;
}

/** What can be done about a failure. The retry policy decides how often and when. */
export interface Prospect {
  readonly outlook: Outlook;
  /** The delay that the server asked for, in milliseconds. */
  readonly delayMs?: number | undefined;
  readonly replay: Replay;
}

/** Kinds that no carrier and no repetition changes, because the caller has to act. */
const CALLERS: ReadonlySet<string> = new Set(["build", "aborted", "ca_read", "ca_invalid", "ca_rejected"]);

/** True for an error that is not of this package, or that the caller caused: nothing overrides that. */
export function isFinalFor(error: unknown): boolean {
  return !Failure.is(error) || CALLERS.has(error.kind);
}

/**
 * Decides what can be retried: all retry loops of this package use it.
 *
 * @see The Rust client's tables of request and stream retries. Differs: parity `session/fallback-after-one`, `session/wrong-key`,
 *   `retry/retry-after`.
 */
export function outlookOf(error: unknown, at: At): Prospect {
  if (!Failure.is(error)) return { outlook: "never", replay: "unsafe" };
  return {
    outlook: CALLERS.has(error.kind) ? "never" : helps(error, at),
    delayMs: error.retryAfterMs,
    replay: error.replay,
  };
}

function helps(error: Failure, at: At): Outlook {
  const status = statusOf(error);
  switch (at.step) {
    case "handshake":
      if (status === 401) return "never"; // renewing the credentials did not help
      return at.only ? asStream(error, status, at) : asHandshake(error, status);
    case "stream":
      return asStream(error, status, at);
    case "sideband":
      return status === 404 ? "again" : asRequest(error, status); // the service may know the call only a moment later
    case "request":
      return asRequest(error, status);
  }
}

/** Whatever keeps a WebSocket from opening may not affect HTTP, except problems of the account itself. */
function asHandshake(error: Failure, status: number | undefined): Outlook {
  return status === 429 ? error.outlook : "elsewhere";
}

/** An HTTP answer is judged by its status, as in the Rust client. */
function asRequest(error: Failure, status: number | undefined): Outlook {
  if (isServerFault(status)) return "again";
  return error.kind === "stream" ? "never" : error.outlook; // an answer that has begun is not requested twice
}

/** Statuses that the same request always gets again. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([403, 404, 407, LOGIN_REQUIRED]);

/** The Rust client's table: broken streams, and all statuses without a kind of their own, are retried. */
function asStream(error: Failure, status: number | undefined, { carrier, renewed }: At): Outlook {
  if (error.kind !== "http") return error.outlook;
  if (REFUSALS.has(status)) return "never";
  // On a WebSocket the credentials are as old as the connection, and a new connection sends new ones.
  if (status === 401) return carrier === "http" || renewed ? "never" : "again";
  return "again";
}

export function statusOf(error: unknown): number | undefined {
  const status = Failure.is(error) && "status" in error ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}
