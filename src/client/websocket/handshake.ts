import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { SentRequest } from "../../secrets/index.ts";
import type { Failure } from "../failure/failure.ts";
import { AbortedError, BuildError, NetworkError, StreamError, TimeoutError } from "../failure/kinds.ts";
import { HEAD_TOO_LARGE, type HeaderMap, joinRepeated, MAX_HEAD_BYTES, mergeHeaders } from "../headers.ts";
import { readRefusal } from "../http/refusal.ts";
import { tidyNextHead } from "../http/response-heads.ts";
import { safeUrl, withoutRawBytes } from "../observe/redact.ts";
import { checkTakesConnections, DEFAULT_CONNECT_TIMEOUT_MS, type Dialer, targetOf } from "../route/index.ts";
import type { ByteStream } from "../transport.ts";
import { clampDelay } from "../waiting/idle-timer.ts";
import { loadWs } from "./library.ts";

export interface HandshakeOptions {
  /** ws, wss, http or https. */
  readonly url: string;
  readonly headers: HeaderMap;
  /** Values in them that no message may show, in addition to those in headers known to contain credentials. None by default. */
  readonly secrets?: readonly string[] | undefined;
  /** Certificates and proxies of the connection. */
  readonly dialer: Dialer;
  /** Limit for DNS, TCP, proxy, TLS and handshake together, in milliseconds; 0 for no limit. Default 15 000. */
  readonly connectTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Offer permessage-deflate: a history that is sent repeatedly then costs little. About 300 kB of memory per connection. Default true. */
  readonly compression?: boolean | undefined;
  /** The largest message that is accepted, in bytes after decompression. Default 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** The reader of the messages checks that texts are UTF-8. Default false: `ws` does. */
  readonly skipsUtf8Check?: boolean | undefined;
}

/** Nothing is read from it before it is resumed. */
export interface Established {
  readonly websocket: WebSocket;
  readonly socket: Socket;
  /** Headers of the answer. */
  readonly headers: HeaderMap;
}

export const DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** The most fragments of one message: each is an object of about a hundred bytes until the last has arrived. */
export const MAX_FRAGMENTS = 64 * 1024;
/** The most network reads that may wait for the rest of their frame. */
const MAX_WAITING_READS = 256 * 1024;
/** How long the peer may take for the closing handshake, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Headers of every handshake, in the Rust client's order; the caller's are inserted between these two groups. */
const FIRST = ["Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];
const LAST = ["sec-websocket-extensions"];

/**
 * Opens a connection and requests a WebSocket on it. Redirects are not followed.
 *
 * @throws {@link HttpError} The server answered, but not with a WebSocket; `body` is its text.
 * @throws {@link TimeoutError} Phase `connect`. {@link NetworkError} DNS, TCP, proxy, TLS, or an answer that is not a WebSocket handshake.
 * @throws {@link StreamError} The server closed the connection instead of answering.
 * @throws {@link BuildError} A header or the URL cannot be sent, or this runtime does not support it. {@link AbortedError} The signal
 *   fired. Nothing stays open after either.
 */
export async function shakeHands(options: HandshakeOptions): Promise<Established> {
  const { dialer, signal, connectTimeoutMs: timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const headers = mergeHeaders(options.headers);
  const url = addressOf(options.url);
  checkTakesConnections("a WebSocket");
  const startedAt = performance.now();
  // Loaded before the connection is opened: the end of one that dies while loading would go unnoticed.
  const { WebSocket } = await loadWs();
  const socket = await dialer.dial(targetOf(url), { timeoutMs, signal });
  const restMs = timeoutMs > 0 ? Math.max(1, timeoutMs - (performance.now() - startedAt)) : 0;
  const settings = {
    headers,
    createConnection: () => socket,
    finishRequest: sendInOrder,
    maxHeaderSize: MAX_HEAD_BYTES,
    perMessageDeflate: options.compression !== false,
    maxPayload: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_WAITING_READS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    skipUTF8Validation: options.skipsUtf8Check ?? false,
  };
  tidyNextHead(socket);
  const open = (): WebSocket => new WebSocket(url, settings);
  return new HandshakeAttempt({ ...sentBy(options), url: url.href }, socket, {
    timeoutMs,
    restMs,
    signal,
    explain: (cause) => dialer.explain(cause, url),
  }).run(open);
}

/** The parts of a handshake that no message may show, including what was sent to the proxy. */
export function sentBy({ url, headers, secrets = [], dialer }: HandshakeOptions): SentRequest {
  return { url, headers: mergeHeaders(headers), secrets: [...secrets, ...dialer.proxySecrets(url)] };
}

/** The URL without parts that are not sent in a handshake, or that become a header. */
function addressOf(text: string): URL {
  targetOf(text); // throws if the text is not such a URL
  const url = new URL(text.replace(/^http/i, "ws"));
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

function sendInOrder(request: ClientRequest): void {
  const own = new Set([...FIRST, ...LAST].map((name) => name.toLowerCase()));
  const given = request.getHeaderNames().filter((name) => !own.has(name));
  for (const name of [...FIRST, ...given, ...LAST]) {
    const value = request.getHeader(name);
    request.removeHeader(name);
    if (value !== undefined) request.setHeader(name, value);
  }
  request.end();
}

/**
 * A reply with a bare `client_max_window_bits` means the largest window, which is the default. RFC 7692 §7.1.2.2 requires a value in a
 * reply, and `ws` refuses one without.
 */
function withoutBareWindow(answer: IncomingMessage): void {
  const extensions = answer.headers["sec-websocket-extensions"];
  if (extensions !== undefined)
    answer.headers["sec-websocket-extensions"] = extensions.replace(/;\s*client_max_window_bits\s*(?=[;,]|$)/gi, "");
}

interface AttemptLimits {
  /** The whole limit. */
  readonly timeoutMs: number;
  /** The remaining time. */
  readonly restMs: number;
  readonly signal: AbortSignal | undefined;
  /** Explains a TLS error. */
  readonly explain: (cause: Error) => NetworkError | undefined;
}

/** Whatever a handshake is answered with: no request has been sent yet. */
const NOTHING_SENT = "safe";

/** One handshake on an open connection, until it succeeds or fails. */
class HandshakeAttempt {
  readonly #url: string;
  readonly #sent: SentRequest;
  readonly #socket: Socket;
  readonly #limits: AttemptLimits;
  #websocket: WebSocket | undefined;
  #answer: IncomingMessage | undefined;
  #headers: HeaderMap = {};
  #settle: ((outcome: Established | Error) => void) | undefined;

  constructor(sent: SentRequest, socket: Socket, limits: AttemptLimits) {
    this.#url = safeUrl(sent.url);
    this.#sent = sent;
    this.#socket = socket;
    this.#limits = limits;
  }

  run(open: () => WebSocket): Promise<Established> {
    const { restMs, signal } = this.#limits;
    return new Promise((resolve, reject) => {
      const timer = restMs > 0 ? setTimeout(this.#onLate, clampDelay(restMs)) : undefined;
      signal?.addEventListener("abort", this.#onAbort, { once: true });
      this.#settle = (outcome) => {
        this.#settle = undefined;
        clearTimeout(timer);
        signal?.removeEventListener("abort", this.#onAbort);
        if (!(outcome instanceof Error)) return resolve(outcome);
        this.#websocket?.terminate();
        this.#socket.destroy();
        reject(outcome);
      };
      if (signal?.aborted) return this.#onAbort();
      try {
        this.#listen(open());
      } catch (cause) {
        this.#settle(new BuildError(`the WebSocket handshake cannot be sent: ${(cause as Error).message}`, { cause }));
      }
    });
  }

  #listen(websocket: WebSocket): void {
    this.#websocket = websocket;
    websocket.on("error", (cause) => {
      // Of a refusal the status counts, whatever is wrong with its body: some servers announce fewer bytes than they send.
      if (!this.#answer) this.#settle?.(this.#broken(cause));
    });
    websocket.once("upgrade", (answer) => {
      this.#headers = joinRepeated(answer.headersDistinct);
      withoutBareWindow(answer);
    });
    websocket.once("open", () => {
      websocket.pause(); // frames may follow the answer before there is a listener
      this.#settle?.({ websocket, socket: this.#socket, headers: this.#headers });
    });
    websocket.once("unexpected-response", (_request, answer) => {
      this.#answer = answer;
      const refusal = {
        status: answer.statusCode ?? 0,
        headers: joinRepeated(answer.headersDistinct),
        body: bodyOf(answer),
      };
      const settle = (error: Error): void => this.#settle?.(error);
      readRefusal(refusal, this.#sent, { timeoutMs: 0, replay: NOTHING_SENT }).then(settle, settle); // the handshake's own limit applies
    });
  }

  #broken(thrown: Error & { readonly code?: string }): Failure {
    const cause = withoutRawBytes(thrown);
    const { errored } = this.#socket;
    if (!errored && cause.code === "ECONNRESET")
      return new StreamError(
        `websocket closed: ${this.#url} hung up instead of answering the handshake; the server, or a proxy before it, may not support WebSockets`,
        { code: cause.code, replay: NOTHING_SENT, cause },
      );
    const reason = errored ?? cause;
    const inTls = this.#limits.explain(reason);
    if (inTls) return inTls;
    const { code } = reason as { readonly code?: string };
    if (code === "HPE_HEADER_OVERFLOW") {
      const message = `${this.#url} ${HEAD_TOO_LARGE.what}; ${HEAD_TOO_LARGE.advice}`;
      const { code } = HEAD_TOO_LARGE;
      return new NetworkError(message, { code, phase: "request", outlook: "never", replay: NOTHING_SENT, cause });
    }
    return new NetworkError(
      `the WebSocket handshake with ${this.#url} failed (${reason.message}); the server, or a proxy before it, does not support WebSockets here`,
      { code, phase: "request", replay: NOTHING_SENT, cause },
    );
  }

  #onLate = (): void => {
    // If the refusal's body breaks off, its status still counts.
    if (this.#answer) {
      this.#answer.destroy();
      return;
    }
    const { timeoutMs } = this.#limits;
    this.#settle?.(
      new TimeoutError(
        `no WebSocket within ${timeoutMs} ms: ${this.#url} accepted the connection but did not answer the handshake; check that nothing in between blocks WebSockets, or allow more time with connectTimeoutMs`,
        { phase: "connect", timeoutMs },
      ),
    );
  };

  #onAbort = (): void => this.#settle?.(new AbortedError(this.#limits.signal?.reason));
}

/** The body of a refusal. */
function bodyOf(answer: IncomingMessage): ByteStream {
  return {
    pipe(sink) {
      answer.on("data", (chunk: Buffer) => sink.chunk(chunk));
      answer.once("end", () => sink.end());
      answer.once("error", (error) => sink.fail(error));
      answer.once("close", () => sink.fail(new StreamError("the body broke off")));
    },
    pause: () => void answer.pause(),
    resume: () => void answer.resume(),
    cancel: () => void answer.destroy(),
  };
}
