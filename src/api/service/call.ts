import type { Compression } from "../../client/compression.ts";
import { BuildError, HttpError } from "../../client/failure/kinds.ts";
import { type HeaderInit, mergeHeaders } from "../../client/headers.ts";
import { blankerOf, safeUrl } from "../../client/observe/redact.ts";
import { announceRemedy, announceRetry, notify } from "../../client/observe/telemetry.ts";
import { type TraceContext, traceHeaders } from "../../client/observe/trace-context.ts";
import { withRetries } from "../../client/retry/retry.ts";
import type { HttpRequest, HttpResponse, HttpStreamResponse, HttpTransport } from "../../client/transport.ts";
import { header, requestIdOf } from "../headers.ts";
import { endpointUrl, type Query } from "../provider.ts";
import { mapHttpError } from "../refusal/answer.ts";
import { fieldOf, textOf } from "../wire/json.ts";
import type { Answer } from "./answer.ts";
import { RequestBody } from "./body.ts";
import { CallCredentials, type SentCredentials } from "./credentials.ts";
import { headersOn, type Line } from "./line.ts";
import type { CallObserver } from "./observer.ts";

/** A body that is not JSON. */
export interface RawBody {
  readonly contentType?: string | undefined;
  /** Required for a stream, whose size is not known otherwise. */
  readonly sizeBytes?: number | undefined;
  /** Called for each attempt, so that a stream can be sent again. */
  open(): Uint8Array | AsyncIterable<Uint8Array>;
}

/** One request to an endpoint, before credentials, retries and encoding. */
export interface EndpointCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the provider's base URL. */
  readonly path?: string | undefined;
  /** Replaces the provider's base URL, for endpoints next to it. */
  readonly baseUrl?: string | undefined;
  /** Replaces `path` with an address that the service returned: credentials and the provider's headers are not sent there. */
  readonly url?: string | undefined;
  /** Name for telemetry. Default: `path`; without ids, so that there are few different names. */
  readonly endpoint?: string | undefined;
  readonly query?: Query | undefined;
  readonly headers?: HeaderInit | undefined;
  /** A JSON value, encoded once however often it is sent. */
  readonly json?: unknown;
  /** Sent instead of `json`; never compressed. */
  readonly raw?: RawBody | undefined;
  readonly compression?: Compression | undefined;
  readonly traceContext?: TraceContext | undefined;
  /** From the request, or from its last part, to the response headers, in milliseconds. Default: `totalMs`, else the provider's. */
  readonly headersMs?: number | undefined;
  /** Limit for each attempt with its answer, in milliseconds; unary calls only. Default: none. */
  readonly totalMs?: number | undefined;
  /** Limit for the whole call with retries and delays, in milliseconds; unary calls only. Default: none. */
  readonly callMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * That of the larger call that this request belongs to: a session's call over several requests, or a stream. Default: a call of its own,
   * which ends with the answer.
   */
  readonly scope?: CallScope | undefined;
}

/** What all requests and handshakes of one call share. */
export interface CallScope {
  readonly observer: CallObserver;
  readonly credentials: CallCredentials;
}

type Send<Received> = (transport: HttpTransport, request: HttpRequest) => Promise<Received>;

/** The URL of a call. @throws {@link BuildError} The base URL is not a URL. */
export function addressOf({ provider }: Line, { url, path, baseUrl, query }: EndpointCall): string {
  if (url !== undefined) return url;
  return endpointUrl(baseUrl === undefined ? provider : { ...provider, baseUrl }, path ?? "", query);
}

/** Begins a call: it is observed from now on, and gets credentials of its own. */
export function beginCall({ auth, observer, limits }: Line, facts: Parameters<typeof observer.begin>[0]): CallScope {
  return { observer: observer.begin(facts), credentials: new CallCredentials(auth, limits.headersTimeoutMs) };
}

/** Sends a call, with retries and remedies. @throws The kinds of `docs/errors.md`. */
export async function sendCall<Received extends HttpResponse | HttpStreamResponse>(
  line: Line,
  call: EndpointCall,
  send: Send<Received>,
): Promise<Answer<Received>> {
  if (call.scope) return new SentCall(line, call, call.scope).run(send);
  const { endpoint = call.path ?? "upload", json } = call;
  const scope = beginCall(line, { endpoint, model: modelOf(json) });
  return scope.observer.during(async () => {
    const answer = await new SentCall(line, call, scope).run(send);
    scope.observer.answered({ requestId: requestIdOf(answer.headers) });
    return answer;
  });
}

/** The model in a request's body. */
export function modelOf(json: unknown): string | undefined {
  return textOf(fieldOf(json, "model"));
}

/** A call to an endpoint, over all its attempts. */
class SentCall {
  readonly #line: Line;
  readonly #call: EndpointCall;
  readonly #scope: CallScope;
  readonly #url: string;
  #body: RequestBody | undefined;

  constructor(line: Line, call: EndpointCall, scope: CallScope) {
    this.#line = line;
    this.#call = call;
    this.#scope = scope;
    this.#url = addressOf(line, call);
  }

  async run<Received extends HttpResponse | HttpStreamResponse>(send: Send<Received>): Promise<Answer<Received>> {
    const { limits, timing } = this.#line;
    this.#body = this.#call.json === undefined ? undefined : await this.#encoded(this.#call);
    const { signal } = this.#call;
    return withRetries(limits.retry, (attempt) => this.#attempt(attempt, send), {
      signal,
      ...this.#observers,
      ...timing,
    });
  }

  get #observers() {
    const { telemetry, logger } = this.#scope.observer;
    return { telemetry, logger };
  }

  /** One attempt. A refusal that has a remedy is not a failure yet; each remedy is tried once per call. */
  async #attempt<Received extends HttpResponse | HttpStreamResponse>(
    attempt: number,
    send: Send<Received>,
  ): Promise<Answer<Received>> {
    for (;;) {
      const credentials = await this.#credentials(); // an error thrown here is not a refusal of the server
      try {
        const answer = await this.#once(credentials, attempt, send);
        this.#learnOfCompression(answer);
        return answer;
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (this.#body?.uncompressedAfter(error)) announceRemedy(this.#observers, "downgrade", error);
        else if (this.#isOurs && (await this.#scope.credentials.renewedAfter(error, this.#call.signal)))
          announceRemedy(this.#observers, "credentials", error);
        else {
          this.#learnOfCompression(error);
          throw mapHttpError(error, this.#line.timing.clock.now());
        }
      }
    }
  }

  async #once<Received extends HttpResponse | HttpStreamResponse>(
    { headers, secrets }: SentCredentials,
    attempt: number,
    send: Send<Received>,
  ): Promise<Answer<Received>> {
    const { method, raw, headersMs, totalMs, signal } = this.#call;
    const { connections, limits } = this.#line;
    const observed = this.#observe(attempt);
    const request: HttpRequest = {
      method,
      url: this.#url,
      headers: this.#headers(headers),
      secrets,
      body: raw ? raw.open() : this.#body?.bytes,
      timeouts: { headersMs: headersMs ?? totalMs ?? limits.headersTimeoutMs, totalMs },
      signal,
      onResend: observed.resent,
    };
    try {
      const answer = await send(connections.http, request);
      observed.ended(answer.status);
      return { ...answer, blank: answer.blank ?? blankerOf(request) };
    } catch (error) {
      observed.ended(error instanceof HttpError ? error.status : undefined, error);
      throw error;
    }
  }

  /** False for an address that the service returned. */
  get #isOurs(): boolean {
    return this.#call.url === undefined;
  }

  async #credentials(): Promise<SentCredentials> {
    if (!this.#isOurs) return { headers: {}, secrets: [] };
    const { method, signal } = this.#call;
    const sent = this.#body;
    const request = {
      carrier: "http",
      method,
      url: this.#url,
      get body() {
        return sent?.joined; // joined only for who looks at it
      },
    } as const;
    return this.#scope.credentials.next(request, signal);
  }

  #headers(credentials: HeaderInit) {
    const { raw, headers, traceContext } = this.#call;
    const type = this.#body ? "application/json" : raw?.contentType;
    const length = raw ? raw.sizeBytes : this.#body?.length;
    const message = { "content-encoding": this.#body?.encoding, "content-length": length?.toString() };
    if (!this.#isOurs) {
      const { [header.userAgent]: userAgent } = mergeHeaders(this.#line.identity.defaults, this.#line.identity.given);
      return mergeHeaders({ accept: "*/*", [header.userAgent]: userAgent, "content-type": type }, headers, message);
    }
    return headersOn(this.#line, {
      carrier: "http",
      defaults: { "content-type": type },
      call: headers,
      message: { ...message, ...traceHeaders(traceContext) },
      credentials,
    });
  }

  #encoded({ json, compression = "none", headers }: EndpointCall): Promise<RequestBody> {
    const { provider, connections } = this.#line;
    if (compression !== "none" && mergeHeaders(provider.headers, headers)["content-encoding"] !== undefined) {
      throw new BuildError("the header content-encoding is set and compression is switched on too; remove one of them");
    }
    return RequestBody.of(json, connections.refusesCompression ? "none" : compression, this.#scope.observer.logger);
  }

  /** Reports one attempt to telemetry and the log. */
  #observe(attempt: number) {
    const { method } = this.#call;
    const url = safeUrl(this.#url);
    const { telemetry, logger } = this.#observers;
    let startedAt = performance.now();
    const ended = (status: number | undefined, error?: unknown): void => {
      const durationMs = Math.round(performance.now() - startedAt);
      notify(telemetry, "onRequest", { attempt, method, url, status, error, durationMs });
      logger.debug({ attempt, method, url, status, durationMs }, "request");
    };
    const resent = (reason: unknown): void => {
      ended(undefined, reason);
      startedAt = performance.now();
      const { maxRetries } = this.#line.limits.retry;
      announceRetry(this.#observers, { retry: 0, maxRetries, delayMs: 0, reason, layer: "request" });
    };
    return { ended, resent };
  }

  #learnOfCompression(fate: { readonly status: number }): void {
    const refusal = this.#body?.refusalOfCompression(fate);
    const { connections } = this.#line;
    if (!refusal || connections.refusesCompression) return;
    connections.compressionRefused();
    const { status, url } = refusal;
    this.#scope.observer.logger.warn(
      { status, url },
      "the server refused a compressed body; bodies are sent uncompressed from now on",
    );
  }
}
