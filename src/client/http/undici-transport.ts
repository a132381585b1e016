import type { SentRequest } from "../../secrets/index.ts";
import { BuildError, type HttpError, NetworkError } from "../failure/kinds.ts";
import { callQuietly, type Logger, steadyLogger } from "../observe/log.ts";
import { type Blank, blankerOf, safeUrl } from "../observe/redact.ts";
import { byteCount, count, knownOptions, milliseconds } from "../options.ts";
import { DEFAULT_CONNECT_TIMEOUT_MS, type Dialer, describePeer, proxyPeer } from "../route/index.ts";
import {
  DEFAULT_HEADERS_TIMEOUT_MS,
  type HttpRequest,
  type HttpResponse,
  type HttpStreamResponse,
  type HttpTransport,
} from "../transport.ts";
import { withDeadline } from "../waiting/deadline.ts";
import { readBody } from "./body-reader.ts";
import { ConnectionPool, type Destination, type PooledConnection } from "./connection-pool.ts";
import { decodeContent } from "./content-decoding.ts";
import { Exchange, type ExchangeHead } from "./exchange.ts";
import { followRedirect, MAX_REDIRECTS } from "./redirect.ts";
import { addRedirectNote, redirectNote } from "./redirect-note.ts";
import { readRefusal } from "./refusal.ts";
import { isReplayable, undiciBody } from "./request-body.ts";

export interface UndiciTransportOptions {
  /** Certificates and proxies of every connection. */
  readonly dialer: Dialer;
  /** Limit for DNS, TCP, proxy and TLS together, in milliseconds. @default 15 000 */
  readonly connectTimeoutMs?: number | undefined;
  /** How many redirects are followed; with 0 a redirect is returned as the answer. @default 10 */
  readonly maxRedirects?: number | undefined;
  /** The largest body that `execute` reads, in bytes. @default 67 108 864 (64 MiB) */
  readonly maxBodyBytes?: number | undefined;
  /** `console`, pino or a similar logger. Silent by default. */
  readonly logger?: Logger | undefined;
}

const OPTIONS = knownOptions<UndiciTransportOptions>("the options of UndiciTransport", {
  dialer: true,
  connectTimeoutMs: true,
  maxRedirects: true,
  maxBodyBytes: true,
  logger: true,
});
const DEFAULT_MAX_BODY_BYTES = 64 * 1024 * 1024;
/** A round trip around the world, plus time for a busy process to notice. */
const CLOSED_MEANWHILE_MS = 1_000;

/** {@link HttpTransport} over undici, which is loaded with the first request. HTTP/1.1, with one request at a time on a connection. */
export class UndiciTransport implements HttpTransport {
  readonly #options: UndiciTransportOptions;
  readonly #logger: Logger;
  readonly #pool: ConnectionPool;

  /** @throws {@link BuildError} A number is invalid. */
  constructor(options: UndiciTransportOptions) {
    OPTIONS(options);
    milliseconds("connectTimeoutMs", options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS);
    count("maxRedirects", options.maxRedirects ?? MAX_REDIRECTS);
    byteCount("maxBodyBytes", options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
    this.#options = options;
    this.#pool = new ConnectionPool(options.dialer);
    this.#logger = steadyLogger(options.logger);
  }

  async execute(request: HttpRequest): Promise<HttpResponse> {
    const { timeouts, signal, url } = request;
    const what = `no complete answer from ${safeUrl(url)}`;
    return withDeadline({ timeoutMs: timeouts?.totalMs ?? 0, signal, what }, (limited) =>
      this.#execute({ ...request, signal: limited }),
    );
  }

  async stream(request: HttpRequest): Promise<HttpStreamResponse> {
    const { head, request: sent, shownUrl } = await this.#follow(request);
    const note = redirectNote(request, sent);
    if (head.status < 200 || head.status > 299) throw addRedirectNote(await this.#refused(head, sent, request), note);
    const body = decodeContent(head.body, head.headers["content-encoding"]);
    const { status, headers } = head;
    const blank = sent === request ? this.#blankerFor(sent) : this.#blankerFor(request, sent);
    return { status, url: shownUrl, headers, body, blank, ...(note !== undefined && { note }) };
  }

  /** Closes all connections permanently: running requests fail, and so do later ones. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #execute(request: HttpRequest): Promise<HttpResponse> {
    const { body, ...head } = await this.stream(request);
    const bytes = await readBody(body, {
      maxBytes: this.#options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
      idleTimeoutMs: request.timeouts?.headersMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
      whenIncomplete: "fail",
    });
    return { ...head, body: bytes };
  }

  /** Sends a request and follows redirects. */
  async #follow(request: HttpRequest): Promise<{ head: ExchangeHead; request: HttpRequest; shownUrl: string }> {
    const maxRedirects = this.#options.maxRedirects ?? MAX_REDIRECTS;
    let current = request;
    let destination = this.#destinationOf(request);
    let shownUrl = safeUrl(destination.url);
    for (let redirects = 0; ; redirects += 1) {
      const head = await this.#send(current, destination, shownUrl);
      const next = maxRedirects > 0 ? followRedirect(current, shownUrl, head) : undefined;
      if (!next) return { head, request: current, shownUrl };
      head.body.cancel();
      const nextUrl = this.#blankerFor(request, current)(safeUrl(next.url)); // a server may repeat the request's data in an address
      if (redirects >= maxRedirects) {
        throw new NetworkError(`more than ${maxRedirects} redirects, the last to ${nextUrl}; check the base URL`, {
          code: "TOO_MANY_REDIRECTS",
          phase: "request",
          outlook: "never",
        });
      }
      this.#logger.debug({ status: head.status, from: shownUrl, to: nextUrl }, "redirected");
      current = next;
      destination = this.#destinationOf(next);
      shownUrl = nextUrl;
    }
  }

  /**
   * One hop. A server may close an idle connection at the moment in which a request is sent on it. A connection that breaks so soon is
   * assumed to have been closed that way, so the request is sent once more, on a new connection. If it breaks later, the server was already
   * working on the request.
   */
  async #send(request: HttpRequest, destination: Destination, shownUrl: string): Promise<ExchangeHead> {
    const connection = await this.#pool.acquire(destination, this.#limitsOf(request));
    const sentAt = performance.now();
    try {
      return await this.#exchange(destination, connection, request, shownUrl);
    } catch (error) {
      const isSoon = performance.now() - sentAt < CLOSED_MEANWHILE_MS;
      const wasDead = connection.quietSince !== undefined && isSoon && error instanceof NetworkError && error.retryable;
      if (!wasDead || !isReplayable(request)) throw error;
      callQuietly(() => request.onResend?.(error));
      const fresh = await this.#pool.open(destination, this.#limitsOf(request));
      return await this.#exchange(destination, fresh, request, shownUrl);
    }
  }

  #exchange(
    { url, origin, forwardThrough }: Destination,
    connection: PooledConnection,
    request: HttpRequest,
    shownUrl: string,
  ): Promise<ExchangeHead> {
    const exchange = new Exchange({
      url: shownUrl,
      forwarder: forwardThrough && describePeer(proxyPeer(forwardThrough.route)),
      headersTimeoutMs: request.timeouts?.headersMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
      signal: request.signal,
      reads: connection.reads,
      watch: (onDead) => this.#pool.watch(connection, onDead),
      explain: (cause) => this.#options.dialer.explain(connection.dialled.fault ?? cause, origin),
      onFinished: (fate) => {
        if (fate === "free") this.#pool.release(connection);
        else if (fate === "unused") this.#pool.discard(connection);
      },
    });
    const path = url.pathname + url.search;
    // An answer is not late while the upload makes progress.
    const { body, headers } = undiciBody(request.body, () => exchange.touch());
    connection.client.dispatch(
      {
        method: request.method as "POST",
        origin,
        path: forwardThrough ? origin + path : path,
        headers: { ...headers, ...forwardThrough?.headers, ...request.headers },
        body,
      },
      exchange,
    );
    return exchange.head;
  }

  #destinationOf(request: HttpRequest): Destination {
    const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
      throw new BuildError(
        `${JSON.stringify(safeUrl(request.url))} is no URL to send a request to: it must begin with http:// or https://`,
      );
    }
    return { url, origin: url.origin, forwardThrough: this.#options.dialer.forward(url) };
  }

  #limitsOf(request: HttpRequest): { timeoutMs: number; signal: AbortSignal | undefined } {
    return { timeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS, signal: request.signal };
  }

  async #refused(head: ExchangeHead, request: HttpRequest, original: HttpRequest): Promise<HttpError | NetworkError> {
    const byProxy = this.#options.dialer.forward(request.url)?.refusal(head.status, head.headers);
    if (byProxy) {
      head.body.cancel();
      return byProxy;
    }
    const timeoutMs = request.timeouts?.headersMs ?? DEFAULT_HEADERS_TIMEOUT_MS;
    return readRefusal(head, this.#asSent(request), { timeoutMs, original: this.#asSent(original) });
  }

  /** For texts of the server or of a proxy. */
  #blankerFor(...requests: readonly HttpRequest[]): Blank {
    return blankerOf(...requests.map((request) => this.#asSent(request)));
  }

  /** Includes what was sent to the proxy: a page of the proxy may repeat that too. */
  #asSent(request: HttpRequest): SentRequest {
    const { url, headers, secrets = [] } = request;
    return { url, headers, secrets: [...secrets, ...this.#options.dialer.proxySecrets(url)] };
  }
}
