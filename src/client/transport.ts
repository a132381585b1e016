import type { HeaderMap } from "./headers.ts";
import type { Blank } from "./observe/redact.ts";

/** How long a server may take to begin its answer, in milliseconds, if no other limit is given. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 300_000;

/** Limits of one request, in milliseconds; 0 means no limit. */
export interface RequestTimeouts {
  /**
   * From the request's last byte to the response headers, and from these to the end of an error's body. With `execute` it is also the
   * longest silence within the body.
   * @default 300 000
   */
  readonly headersMs?: number | undefined;
  /** Limit for the whole call, body included; only for `execute`. No limit by default. */
  readonly totalMs?: number | undefined;
}

/** A request ready to be sent: absolute URL and encoded body. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderMap;
  /** Values in the request that no message may show, in addition to those in headers known to contain credentials. None by default. */
  readonly secrets?: readonly string[] | undefined;
  /**
   * A byte stream is sent as it arrives; set `content-length` if its size is known. It cannot be retried or redirected, unless it is
   * {@link BodyPieces}, as the clients give a large JSON body. No body by default.
   */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly timeouts?: RequestTimeouts | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before the request is sent once more because an idle connection had died; `reason` is its error. Not called by default. */
  readonly onResend?: ((reason: unknown) => void) | undefined;
}

export interface ResponseHead {
  /** 200-299: any other status is an error. */
  readonly status: number;
  /** Origin and path that answered, after redirects. */
  readonly url: string;
  readonly headers: HeaderMap;
  /** What redirects removed from the request (its credentials, its method), as a sentence for messages. */
  readonly note?: string | undefined;
  /**
   * Blanks in a text of the answer the credentials that were sent, including those that the transport added.
   * @default blanks those of the request
   */
  readonly blank?: Blank | undefined;
}

export interface HttpResponse extends ResponseHead {
  readonly body: Uint8Array;
}

export interface HttpStreamResponse extends ResponseHead {
  readonly body: ByteStream;
}

/** Receives a response body. Nothing follows `end` or `fail`. */
export interface ByteSink {
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * A response body that pushes its bytes. Callbacks, because a web or Node stream object costs more CPU than decoding the content. Nothing
 * is delivered before `pipe`; `cancel` closes the connection and stops delivery at once.
 */
export interface ByteStream {
  pipe(sink: ByteSink): void;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/**
 * The interface between the typed clients and the network. Give a client your own implementation to test it or to send requests in another
 * way.
 *
 * A transport does not retry; it may replace an idle connection that had died, and reports that (`onResend`).
 *
 * @throws {@link HttpError} A status outside 200-299, with the body's text.
 * @throws {@link StreamError} The body is incomplete or too large. {@link TimeoutError}, {@link NetworkError}, {@link BuildError},
 *   {@link AbortedError}
 */
export interface HttpTransport {
  /** Reads the whole body, up to a limit. */
  execute(request: HttpRequest): Promise<HttpResponse>;
  /** Resolves with the headers; the body follows through `body`. */
  stream(request: HttpRequest): Promise<HttpStreamResponse>;
}
