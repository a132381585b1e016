import type { HeaderMap } from "./headers.ts";

const BRAND = Symbol.for("codex-wire.error"); // survives two installed copies of the package, unlike `instanceof`

/**
 * Root of everything this package throws. Branch on `kind`: every leaf has a permanent literal one.
 * What was thrown below is `cause`. No form of printing (message, `inspect`, JSON) shows a credential.
 */
export abstract class CodexApiError extends Error {
  abstract readonly kind: string;

  /** Could the same request succeed if it were sent again? How often and when is the retry policy's business. */
  get retryable(): boolean {
    return false;
  }

  get [BRAND](): true {
    return true;
  }

  static is(value: unknown): value is CodexApiError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** `kind`, `message` and the leaf's own fields; no stack and no cause. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { kind: this.kind, message: this.message };
    for (const key of Object.getOwnPropertyNames(this)) {
      if (key === "stack" || key === "cause" || key in json) continue;
      const value = (this as Record<string, unknown>)[key];
      if (value !== undefined) json[key] = value;
    }
    return json;
  }
}

/** Keeps a field out of `console.log(error)`, where a long server text would bury the message. */
function hideFromInspection(error: Error, ...fields: string[]): void {
  for (const field of fields) Object.defineProperty(error, field, { enumerable: false });
}

export interface HttpErrorFields {
  readonly status: number;
  /** Origin and path; user info and query are cut because either can hold a key. */
  readonly url?: string | undefined;
  readonly headers: HeaderMap;
  /** The server's text as received (bounded), with the request's own credentials blanked. */
  readonly body: string;
  readonly requestId?: string | undefined;
}

/** The server answered with a status outside 200-299. */
export class HttpError extends CodexApiError {
  override get name(): string {
    return "HttpError";
  }
  readonly kind = "http";
  readonly status: number;
  readonly url: string | undefined;
  readonly headers: HeaderMap;
  readonly body: string;
  readonly requestId: string | undefined;

  constructor(message: string, fields: HttpErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.status = fields.status;
    this.url = fields.url;
    this.headers = fields.headers;
    this.body = fields.body;
    this.requestId = fields.requestId;
    hideFromInspection(this, "headers", "body");
  }

  override get retryable(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** `connect`: no connection (DNS, TCP, proxy, TLS); `headers`: no answer; `idle`: the stream fell silent. */
export type TimeoutPhase = "connect" | "headers" | "idle";

/** Nothing happened, or a call was not done, within `timeoutMs` milliseconds. */
export class TimeoutError extends CodexApiError {
  override get name(): string {
    return "TimeoutError";
  }
  readonly kind = "timeout";
  readonly phase: TimeoutPhase;
  readonly timeoutMs: number;

  constructor(
    message: string,
    fields: { readonly phase: TimeoutPhase; readonly timeoutMs: number },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.phase = fields.phase;
    this.timeoutMs = fields.timeoutMs;
  }

  override get retryable(): boolean {
    return true;
  }
}

/** Where on the way a connection failed; `proxy` tells a proxy's refusal from the origin's answer. */
export type NetworkPhase = "dns" | "connect" | "proxy" | "tls" | "request";

export interface NetworkErrorFields {
  /** Code of the operating system, of TLS or of this package (`PROXY_REFUSED`, `TOO_MANY_REDIRECTS`, …). */
  readonly code?: string | undefined;
  readonly phase?: NetworkPhase | undefined;
  /** Status of a proxy that refused the tunnel. */
  readonly proxyStatus?: number | undefined;
  /** False where sending again cannot help: an untrusted certificate, a proxy's refusal. Default true. */
  readonly retryable?: boolean | undefined;
}

/** No answer arrived: name resolution, TCP, proxy, TLS, or a connection that broke before the response headers. */
export class NetworkError extends CodexApiError {
  override get name(): string {
    return "NetworkError";
  }
  readonly kind = "network";
  readonly code: string | undefined;
  readonly phase: NetworkPhase | undefined;
  readonly proxyStatus: number | undefined;
  readonly #retryable: boolean;

  constructor(message: string, fields: NetworkErrorFields = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = fields.code;
    this.phase = fields.phase;
    this.proxyStatus = fields.proxyStatus;
    this.#retryable = fields.retryable ?? true;
  }

  override get retryable(): boolean {
    return this.#retryable;
  }
}

/** The request could not be built, so nothing was sent: a bad URL, header value, body or option. */
export class BuildError extends CodexApiError {
  override get name(): string {
    return "BuildError";
  }
  readonly kind = "build";
}

/** The caller's `AbortSignal` fired; `cause` is `signal.reason`. Never retried. */
export class AbortedError extends CodexApiError {
  override get name(): string {
    return "AbortedError";
  }
  readonly kind = "aborted";

  constructor(reason: unknown) {
    super("aborted by the caller", { cause: reason });
  }
}

/** A stream that broke or ended before its terminal event, or an answer that is no such stream or cannot be read. */
export class StreamError extends CodexApiError {
  override get name(): string {
    return "StreamError";
  }
  readonly kind = "stream";

  override get retryable(): boolean {
    return true;
  }
}
