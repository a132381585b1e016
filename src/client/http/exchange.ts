import type { Dispatcher } from "undici";
import { Failure } from "../failure/failure.ts";
import { AbortedError, BuildError, NetworkError, StreamError, TimeoutError } from "../failure/kinds.ts";
import { HEAD_TOO_LARGE, type HeaderMap, joinRepeated } from "../headers.ts";
import { withoutRawBytes } from "../observe/redact.ts";
import type { ByteSink, ByteStream } from "../transport.ts";
import { IdleTimer } from "../waiting/idle-timer.ts";
import type { SocketReads } from "./direct-reads.ts";

type Controller = Dispatcher.DispatchController;

export interface ExchangeHead {
  readonly status: number;
  readonly headers: HeaderMap;
  readonly body: ByteStream;
}

export interface ExchangeOptions {
  /** For messages: origin and path. */
  readonly url: string;
  /** For messages: the proxy at the other end of the connection, if it forwards the request. */
  readonly forwarder: string | undefined;
  readonly headersTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** The reads of the connection's socket. */
  readonly reads: SocketReads;
  /** Watches the connection until its answer begins; calls `onDead` when its path is dead. */
  readonly watch: (onDead: (error: NetworkError) => void) => () => void;
  /** Explains a TLS error. */
  readonly explain: (cause: Error) => NetworkError | undefined;
  /** Called once, when the request is done with the connection. */
  readonly onFinished: (fate: ConnectionFate) => void;
}

interface Settle<Value> {
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/** `free`: ready for the next request; `unused`: undici refused the request and cannot use the connection; `gone`: undici closes it. */
export type ConnectionFate = "free" | "unused" | "gone";

/**
 * One request on one connection: undici's handler on one side, a {@link ByteStream} on the other. It handles the wait for the headers, the
 * caller's abort, and the translation of failures into this package's errors.
 */
export class Exchange implements Dispatcher.DispatchHandler, ByteStream {
  readonly head: Promise<ExchangeHead>;

  readonly #options: ExchangeOptions;
  /** The pending wait for the response head; undefined once it has arrived. */
  #waiting: Settle<ExchangeHead> | undefined;
  #finished = false;

  #controller: Controller | undefined;
  #headersTimer: IdleTimer | undefined;
  #stopWatching: (() => void) | undefined;
  #sink: ByteSink | undefined;
  #isPaused = false;
  /**
   * Bytes that arrived before the reader was there or while it was paused: at most the rest of one network read, because the socket is held
   * meanwhile.
   */
  #held: Uint8Array[] = [];
  #heldEnd: { readonly error: unknown } | "ended" | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.head = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    if (options.signal?.aborted) this.#onAbort();
    else options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Restarts the wait for the headers: the request's body is still being sent. */
  touch(): void {
    this.#headersTimer?.touch();
  }

  // Called by undici

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#finished) controller.abort(new Error("no longer wanted"));
    else {
      this.#options.reads.expectHead();
      this.#startHeadersTimer();
      this.#stopWatching = this.#options.watch((error) => {
        this.#fail(error);
        controller.abort(error);
      });
    }
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.#finished) return;
    this.#stopHeadersTimer();
    controller.rawHeaders = null; // the raw headers are views of the network read, which would stay in memory as long as the response
    if (/^chunked$/i.test(String(headers["transfer-encoding"]))) {
      this.#options.reads.takeChunks((data) => this.#take(data));
    }
    this.pause();
    this.#waiting?.resolve({ status, headers: joinRepeated(headers), body: this });
    this.#waiting = undefined;
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#take(chunk);
  }

  onResponseEnd(): void {
    if (this.#finished) return;
    this.#finish("free");
    if (this.#isPaused) this.#heldEnd = "ended";
    else this.#sink?.end();
  }

  onResponseError(_controller: Controller, cause: Error): void {
    if (this.#finished) return;
    // An error of this package was thrown by the request's own body; it is not a network failure and is not retried.
    if (Failure.is(cause)) this.#fail(cause);
    else if (isRefusedRequest(cause)) this.#fail(unsendable(cause, this.#options.url), "unused");
    else if (!this.#waiting) this.#fail(brokenBody(cause));
    else this.#fail(this.#options.explain(cause) ?? brokenRequest(cause, this.#options));
  }

  // Called by the reader

  pipe(sink: ByteSink): void {
    this.#sink = sink;
    this.resume();
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#finished) this.#options.reads.hold();
  }

  resume(): void {
    const sink = this.#sink;
    if (!sink) return;
    this.#isPaused = false;
    while (!this.#isPaused && this.#held.length > 0) sink.chunk(this.#held.shift() as Uint8Array);
    if (this.#isPaused) return;
    const end = this.#heldEnd;
    this.#heldEnd = undefined;
    if (end === "ended") sink.end();
    else if (end) sink.fail(end.error);
    else if (!this.#finished) this.#options.reads.release();
  }

  cancel(): void {
    this.#drop();
    if (this.#finished) return;
    this.#finish("gone");
    this.#controller?.abort(new Error("the reader left"));
  }

  #take(chunk: Buffer): void {
    if (this.#finished) return;
    if (this.#isPaused) this.#held.push(chunk);
    else this.#sink?.chunk(chunk);
  }

  #drop(): void {
    this.#held = [];
    this.#heldEnd = undefined;
  }

  #onAbort = (): void => {
    this.#drop();
    const error = new AbortedError(this.#options.signal?.reason);
    this.#fail(error);
    this.#controller?.abort(error);
  };

  #startHeadersTimer(): void {
    const { url, forwarder = "the server or a proxy in between", headersTimeoutMs: timeoutMs } = this.#options;
    this.#headersTimer = new IdleTimer(timeoutMs, () => {
      const error = new TimeoutError(
        `no response headers from ${url} within ${timeoutMs} ms; ${forwarder} accepted the request but does not answer`,
        { phase: "headers", timeoutMs },
      );
      this.#fail(error);
      this.#controller?.abort(error);
    });
    this.#headersTimer.start();
  }

  #stopHeadersTimer(): void {
    this.#headersTimer?.stop();
    this.#headersTimer = undefined;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #fail(error: unknown, fate: ConnectionFate = "gone"): void {
    if (this.#finished) return;
    this.#finish(fate);
    if (this.#waiting) this.#waiting.reject(error);
    else if (this.#held.length > 0 || !this.#sink) this.#heldEnd = { error };
    else this.#sink.fail(error);
  }

  #finish(fate: ConnectionFate): void {
    this.#finished = true;
    this.#options.reads.release(); // the next response on this connection must not be held by this reader
    this.#stopHeadersTimer();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#options.onFinished(fate);
  }
}

function causeCode(cause: Error): string | undefined {
  const nested = (cause as { cause?: unknown }).cause;
  const code = (cause as { code?: unknown }).code ?? (nested as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

// Errors of undici's own checks, before anything is sent.
const REFUSED_REQUEST = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

function isRefusedRequest(cause: Error): boolean {
  return REFUSED_REQUEST.has(causeCode(cause) ?? "");
}

function unsendable(cause: Error, url: string): BuildError {
  return new BuildError(`the request to ${url} cannot be sent (${cause.message}); check its method and headers`, {
    cause,
  });
}

function brokenRequest(cause: Error & { data?: unknown }, { url, forwarder }: ExchangeOptions): NetworkError {
  const code = causeCode(cause);
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return finalError(`${url} ${HEAD_TOO_LARGE.what}; ${HEAD_TOO_LARGE.advice}`, HEAD_TOO_LARGE.code, cause);
  }
  if (cause.name === "HTTPParserError" || code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    const isTls = isTlsRecord(cause.data);
    const what = forwarder === undefined ? notHttp(isTls) : notHttpProxy(isTls, forwarder);
    return finalError(`the answer from ${url} cannot be read as HTTP (${cause.message}); ${what}`, NOT_HTTP, cause);
  }
  const advice =
    forwarder !== undefined
      ? `; the request was sent to ${forwarder}: check that this is an HTTP proxy, its scheme and port, and that it allows this host`
      : url.startsWith("http:")
        ? "; if the server there uses TLS, write https:// instead of http://"
        : "";
  return new NetworkError(`the connection to ${url} broke before an answer came (${cause.message})${advice}`, {
    code,
    phase: "request",
    cause: withoutRawBytes(cause),
  });
}

function notHttp(isTls: boolean): string {
  return isTls
    ? "the server there uses TLS: write https:// instead of http://"
    : "check scheme, host and port: the server there, or a proxy in between, does not send valid HTTP";
}

function notHttpProxy(isTls: boolean, forwarder: string): string {
  return isTls
    ? `${forwarder} uses TLS: write https:// instead of http:// there`
    : `${forwarder} sent it: check that this is an HTTP proxy, and its scheme and port`;
}

function finalError(message: string, code: string, cause: Error): NetworkError {
  return new NetworkError(message, { code, phase: "request", outlook: "never", cause: withoutRawBytes(cause) });
}

/** The peer does not send valid HTTP. Code of a {@link NetworkError}. */
const NOT_HTTP = "NOT_HTTP";

/** A TLS alert, with which a TLS server answers an unencrypted request (RFC 8446 §5.1). */
function isTlsRecord(data: unknown): boolean {
  return typeof data === "string" && data.charCodeAt(0) === 0x15 && data.charCodeAt(1) === 3;
}

function brokenBody(cause: Error): StreamError {
  return new StreamError(`the response body broke off (${cause.message})`, {
    code: causeCode(cause),
    cause: withoutRawBytes(cause),
  });
}
