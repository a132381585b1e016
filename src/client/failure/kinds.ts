import type { HeaderMap } from "../header-map.ts";
import { type CommonFields, Failure, type FailureOf, failureClass, kind } from "./failure.ts";
import { parseRetryAfter } from "./retry-after.ts";

export interface HttpFields {
  readonly status: number;
  /** Origin and path; user info and query are cut off, because either can contain a key. */
  readonly url?: string | undefined;
  readonly headers: HeaderMap;
  /** The server's text as received (up to a limit), with the request's own credentials blanked. */
  readonly body: string;
}

/** `connect`: no connection (DNS, TCP, proxy, TLS); `headers`: no answer; `idle`: the stream stalled. */
export type TimeoutPhase = "connect" | "headers" | "idle";

export interface TimeoutFields {
  readonly phase: TimeoutPhase;
  /** The limit that ran out, in milliseconds. */
  readonly timeoutMs: number;
}

/** The step at which a connection failed; `proxy` distinguishes a proxy's refusal from the origin's answer. */
export type NetworkPhase = "dns" | "connect" | "proxy" | "tls" | "request";

export interface NetworkFields {
  /** A code of the operating system, of TLS or of this package (`PROXY_REFUSED`, `TOO_MANY_REDIRECTS`, …). */
  readonly code?: string | undefined;
  readonly phase?: NetworkPhase | undefined;
  /** Status of a proxy that refused the tunnel. */
  readonly proxyStatus?: number | undefined;
}

export interface StreamFields {
  /**
   * A code of the operating system or of TLS, if a connection broke; the service's code, if it sent one; `damaged_event`;
   * `end_unconfirmed`, if a session's answer is finished and only the event that ends it is missing.
   */
  readonly code?: string | undefined;
}

export interface LimitFields {
  /** What was too large, e.g. `event`. */
  readonly what: string;
  readonly limit: number;
  /** Unit of `limit`, e.g. `bytes`. */
  readonly unit: string;
}

export interface CaFields {
  /** The variable that named the file; absent if the program did. */
  readonly sourceEnv?: string | undefined;
  /** The file, as written in the variable or option; absent for PEM text. */
  readonly path?: string | undefined;
  /** Index of the CERTIFICATE section in the file, from 1, as in the message. */
  readonly certificateIndex?: number | undefined;
  /** A code of the operating system (`ENOENT`, `EACCES`, …) or of OpenSSL. */
  readonly code?: string | undefined;
}

/** Refused before any work, because of the form, the credentials, the size, a limit or overload. */
const REFUSED: ReadonlySet<number> = new Set([
  400, 401, 402, 403, 404, 405, 406, 407, 411, 413, 414, 415, 422, 426, 429, 431, 503,
]);

/** True if a status means that the request was refused before any work. */
export function isRefusedUnread(status: number | undefined): boolean {
  return status !== undefined && REFUSED.has(status);
}

/** The network requires a login (RFC 6585 §6: a captive portal), so repeating the request does not help. */
export const LOGIN_REQUIRED = 511;

/** True for a status that does not mean that the request is at fault. */
export function isServerFault(status: number | undefined): boolean {
  return status !== undefined && status >= 500 && status <= 599 && status !== LOGIN_REQUIRED;
}

/**
 * Everything that can go wrong in the transport, one row per kind. Classes, unions, exit statuses and the documentation of errors follow
 * from it.
 */
export const TRANSPORT_KINDS = {
  http: kind<HttpFields>({
    outlook: ({ status }) => (status === 429 || isServerFault(status) ? "again" : "never"),
    replay: ({ status }) => (isRefusedUnread(status) ? "safe" : "unsafe"),
    exit: 3,
    hidden: ["headers", "body"],
  }),
  timeout: kind<TimeoutFields>({
    outlook: "again",
    replay: ({ phase }) => (phase === "connect" ? "safe" : "unsafe"),
    exit: 4,
  }),
  network: kind<NetworkFields>({
    outlook: "again",
    replay: ({ phase = "request" }) => (phase === "request" ? "unsafe" : "safe"),
    exit: 4,
  }),
  build: kind({ outlook: "never", replay: "safe", exit: 2 }),
  aborted: kind({ outlook: "never", replay: "unsafe", exit: 130 }),
  stream: kind<StreamFields>({ outlook: "again", replay: "unsafe", exit: 4 }),
  protocol: kind({ outlook: "never", replay: "unsafe", exit: 4 }),
  limit: kind<LimitFields>({ outlook: "never", replay: "unsafe", exit: 4 }),
  ca_read: kind<CaFields>({ outlook: "never", replay: "safe", exit: 5 }),
  ca_invalid: kind<CaFields>({ outlook: "never", replay: "safe", exit: 5 }),
  ca_rejected: kind<CaFields>({ outlook: "never", replay: "safe", exit: 5 }),
} as const;

/** The errors of `codex-wire/client`, discriminated by `kind`. Minor versions may add kinds: keep a `default`. */
export type TransportFailure = FailureOf<typeof TRANSPORT_KINDS>;

export const TransportFailure = {
  /** True for a failure from any installed copy of this package. */
  is(value: unknown): value is TransportFailure {
    return Failure.is(value) && Object.hasOwn(TRANSPORT_KINDS, value.kind);
  },
  [Symbol.hasInstance](value: unknown): value is TransportFailure {
    return TransportFailure.is(value);
  },
} as const;

/** The server answered with a status outside 200-299. */
export class HttpError extends failureClass(TRANSPORT_KINDS, "http") {
  /** A date in its headers is read against the system's clock, unless a time is given. */
  constructor(message: string, fields: HttpFields & CommonFields) {
    super(message, { ...fields, retryAfterMs: fields.retryAfterMs ?? parseRetryAfter(fields.headers, Date.now()) });
  }
}

/** Nothing happened, or a call did not finish, within `timeoutMs` milliseconds. */
export class TimeoutError extends failureClass(TRANSPORT_KINDS, "timeout") {}

/** No answer arrived: name resolution, TCP, proxy, TLS, or a connection that broke before the response headers. */
export class NetworkError extends failureClass(TRANSPORT_KINDS, "network") {}

/** The request could not be built, so nothing was sent: a bad URL, header value, body or option. */
export class BuildError extends failureClass(TRANSPORT_KINDS, "build") {}

/** The caller's `AbortSignal` fired; `cause` is `signal.reason`. Never retried. */
export class AbortedError extends failureClass(TRANSPORT_KINDS, "aborted") {
  /** @param outcome - What became of the work, if it is not simply over. */
  constructor(reason: unknown, outcome?: string) {
    super(outcome === undefined ? abortText(reason) : `${abortText(reason)}; ${outcome}`, { cause: reason });
  }
}

const MOST_OF_A_REASON = 200;

/**
 * Contains the given reason. `abort()` without a reason gives an `AbortError`, which says nothing more; `AbortSignal.timeout` gives a
 * `TimeoutError`.
 */
function abortText(reason: unknown): string {
  const { name, message } = reason instanceof Error ? reason : { name: "", message: reason };
  if (name === "TimeoutError") return "the time limit of the caller's signal is over (AbortSignal.timeout)";
  const isTold = typeof message === "string" && message !== "" && name !== "AbortError";
  return isTold ? `aborted by the caller: ${message.slice(0, MOST_OF_A_REASON)}` : "aborted by the caller";
}

/** A stream that broke or ended before its terminal event. */
export class StreamError extends failureClass(TRANSPORT_KINDS, "stream") {}

/** The answer is not what the endpoint returns: a captive portal's page, not an event stream, or undecodable. Never retried. */
export class ProtocolError extends failureClass(TRANSPORT_KINDS, "protocol") {}

/** A limit of this package was exceeded: `what` is larger than `limit` `unit`. Never retried. */
export class LimitError extends failureClass(TRANSPORT_KINDS, "limit") {}

/** The CA file cannot be read: it is missing, forbidden, a directory, not a regular file, or too large. Thrown when a client is created. */
export class CaReadError extends failureClass(TRANSPORT_KINDS, "ca_read") {}

/** The CA file was read, but it is not a PEM file or contains no certificate. */
export class CaInvalidError extends failureClass(TRANSPORT_KINDS, "ca_invalid") {}

/**
 * A section of the CA file is not a certificate that TLS accepts; `certificateIndex` says which. The whole bundle is refused, as in the
 * Rust client.
 */
export class CaRejectedError extends failureClass(TRANSPORT_KINDS, "ca_rejected") {}

export type CaError = CaReadError | CaInvalidError | CaRejectedError;

/** True if a CA bundle cannot be used, for errors from any installed copy of this package. */
export function isCaError(value: unknown): value is CaError {
  return Failure.is(value) && value.kind.startsWith("ca_");
}
