import type { HeaderMap } from "./headers.ts";
import type { Blank } from "./observe/redact.ts";

/** How long a server may take to begin its answer, where nothing else is given. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 300_000;

/** Limits of one request in milliseconds; 0 switches a limit off. */
export interface RequestTimeouts {
  /**
   * From the request's last byte to the response headers, and from these to the end of an error's text; with `execute` also the longest silence within
   * the body. Default 300 000.
   */
  readonly headersMs?: number | undefined;
  /** The whole call, body included; `execute` only. Default: none. */
  readonly totalMs?: number | undefined;
}

/** A request ready to be sent: absolute URL, encoded body. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderMap;
  /** Values in it that no message may show, beside those in headers that are known to hold credentials. */
  readonly secrets?: readonly string[] | undefined;
  /** A byte stream is sent as it comes and cannot be retried or redirected with its body; set `content-length` for a known size. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly timeouts?: RequestTimeouts | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before the request goes out once more, because the kept connection that `reason` tells of had died. */
  readonly onResend?: ((reason: unknown) => void) | undefined;
}

export interface ResponseHead {
  /** 200-299: any other status is an error. */
  readonly status: number;
  /** Origin and path that answered, after redirects. */
  readonly url: string;
  readonly headers: HeaderMap;
  /** What redirects on the way to it cost the request (its credentials, its method), as a sentence for messages. */
  readonly note?: string | undefined;
  /** Blanks in a text of the answer what credentials went out, those that the transport added among them. Default: those of the request. */
  readonly blank?: Blank | undefined;
}

export interface HttpResponse extends ResponseHead {
  readonly body: Uint8Array;
}

export interface HttpStreamResponse extends ResponseHead {
  readonly body: ByteStream;
}

/** Receives a response body. After `end` or `fail` nothing more comes. */
export interface ByteSink {
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * A response body that pushes. Callbacks rather than a web or Node stream: a stream object costs more CPU than the decoding of what it carries.
 * Nothing is delivered before `pipe`; `cancel` closes the connection and ends delivery at once.
 */
export interface ByteStream {
  pipe(sink: ByteSink): void;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/**
 * The one seam between the typed clients and the network; give a client your own to test it or to carry it over something else.
 * A transport does not retry; it may replace a kept connection that had died, and says so (`onResend`).
 *
 * @throws {@link HttpError} A status outside 200-299, with the body's text.
 * @throws {@link StreamError} The body broke off or is too large. {@link TimeoutError}, {@link NetworkError}, {@link BuildError},
 *   {@link AbortedError}
 */
export interface HttpTransport {
  /** Reads the whole body, up to a bound. */
  execute(request: HttpRequest): Promise<HttpResponse>;
  /** Resolves with the headers; the body follows through `body`. */
  stream(request: HttpRequest): Promise<HttpStreamResponse>;
}
