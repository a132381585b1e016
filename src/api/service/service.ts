import { acceptSignal } from "../../client/abort.ts";
import type { Clock } from "../../client/clock.ts";
import type { Compression } from "../../client/compression.ts";
import { withDeadline } from "../../client/deadline.ts";
import type { Environment } from "../../client/environment.ts";
import { BuildError, HttpError } from "../../client/failure/kinds.ts";
import { type Timing, timingOf } from "../../client/failure/policy.ts";
import { withRetries } from "../../client/failure/retry.ts";
import { type HeaderInit, type HeaderMap, mergeHeaders } from "../../client/headers.ts";
import { type Logger, steadyLogger } from "../../client/log.ts";
import { object } from "../../client/options.ts";
import { blankerOf, safeUrl } from "../../client/redact.ts";
import { announceRemedy, announceRetry, notify, type Telemetry } from "../../client/telemetry.ts";
import { type TraceContext, traceHeaders } from "../../client/trace-context.ts";
import type { HttpRequest, HttpResponse, HttpStreamResponse, HttpTransport } from "../../client/transport.ts";
import type { AuthProvider } from "../auth.ts";
import { header } from "../headers.ts";
import { endpointUrl, type ProviderConfig, type ProviderLimits, providerLimits, userInfoHeaders } from "../provider.ts";
import { mapHttpError } from "../refusal/answer.ts";
import { defaultUserAgent } from "../user-agent.ts";
import type { Answer } from "./answer.ts";
import { RequestBody } from "./body.ts";
import { createTransport } from "./connections.ts";
import { CallCredentials } from "./credentials.ts";

/** What every client of this package is made of. */
export interface ClientOptions {
  readonly provider: ProviderConfig;
  readonly auth: AuthProvider;
  /** Default: {@link createTransport}, one for this client alone. */
  readonly transport?: HttpTransport | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** `console` or pino. Default: silent. */
  readonly logger?: Logger | undefined;
  /** Variables that choose CA bundle and proxy; default `process.env`, read when the client is built. */
  readonly env?: Environment | undefined;
  /** Time as retries see it. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Spreads retries; uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * What every client checks first.
 *
 * @throws {@link BuildError} Untyped callers leave out what a client is made of, or give a key in place of an auth provider.
 */
export function checkClientOptions(options: Pick<ClientOptions, "provider" | "auth">): void {
  object("the options of a client", options, "an object with provider and auth");
  object("provider", options.provider, "a provider, such as openaiProvider() makes one");
  object("auth", options.auth, "an auth provider: apiKeyAuth(key), noAuth() or your own");
  if (typeof options.auth.bearerToken !== "function")
    throw new BuildError("auth has no method bearerToken; see apiKeyAuth(key), noAuth() and the type AuthProvider");
}

/** A body that is no JSON. */
export interface RawBody {
  readonly contentType?: string | undefined;
  /** Needed for a stream, whose size nothing else tells. */
  readonly sizeBytes?: number | undefined;
  /** Called once for each send, so that a stream can be sent again. */
  open(): Uint8Array | AsyncIterable<Uint8Array>;
}

/** One request to an endpoint, before credentials, retries and encoding. */
export interface EndpointCall {
  readonly method: "GET" | "POST" | "PUT";
  /** Below the provider's base URL. */
  readonly path?: string | undefined;
  /** Instead of `path`, an address that the service gave: neither credentials nor the provider's headers go there. */
  readonly url?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: HeaderInit | undefined;
  /** A JSON value, encoded once however often it is sent. */
  readonly json?: unknown;
  /** Instead of `json`; never compressed. */
  readonly raw?: RawBody | undefined;
  readonly compression?: Compression | undefined;
  readonly traceContext?: TraceContext | undefined;
  /** From the request, or from its last part that went out, to the response headers, in milliseconds. Default: `totalMs`, else the provider's. */
  readonly headersMs?: number | undefined;
  /** Each send with its answer, in milliseconds; unary calls only. Default: none. */
  readonly totalMs?: number | undefined;
  /** The whole call, retries and their waits included, in milliseconds; unary calls only. Default: none. */
  readonly callMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends calls to one provider: URL, headers, credentials, encoding, retries, telemetry and the mapping of refusals, for every endpoint alike. */
export class EndpointSession {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly logger: Logger;
  readonly telemetry: Telemetry | undefined;
  readonly transport: HttpTransport;
  readonly #auth: AuthProvider;
  readonly #userInfo: HeaderInit;
  readonly #timing: Timing;
  /** Set once a server has refused a compressed body. */
  #sendsPlain = false;

  constructor(options: ClientOptions) {
    checkClientOptions(options);
    this.provider = options.provider;
    this.limits = providerLimits(options.provider);
    this.logger = steadyLogger(options.logger);
    this.telemetry = options.telemetry;
    this.#auth = options.auth;
    this.#timing = timingOf(options);
    this.transport = options.transport ?? createTransport(options.provider, { env: options.env, logger: this.logger });
    this.#userInfo = userInfoHeaders(options.provider); // a base URL that is none fails here, not in the middle of the work
  }

  /** @throws The kinds of `docs/errors.md`. */
  async execute(call: EndpointCall): Promise<Answer> {
    acceptSignal(call.signal);
    const what = `no answer from ${safeUrl(this.#urlOf(call))}`;
    return withDeadline({ timeoutMs: call.callMs ?? 0, signal: call.signal, what }, (signal) =>
      this.#send({ ...call, signal }, (request) => this.transport.execute(request)),
    );
  }

  /** @throws The kinds of `docs/errors.md`. Retries end once the response headers are in. */
  async stream(call: EndpointCall): Promise<Answer<HttpStreamResponse>> {
    acceptSignal(call.signal);
    return this.#send(call, (request) => this.transport.stream(request));
  }

  async #send<Received extends HttpResponse | HttpStreamResponse>(
    call: EndpointCall,
    send: Send<Received>,
  ): Promise<Answer<Received>> {
    const auth = call.url === undefined ? this.#auth : undefined;
    const sending: Sending = {
      call,
      url: this.#urlOf(call),
      body: call.json === undefined ? undefined : await this.#bodyOf(call),
      credentials: new CallCredentials(auth, call.signal),
    };
    return withRetries(this.limits.retry, (attempt) => this.#sendWithRemedies(sending, attempt, send), {
      signal: call.signal,
      telemetry: this.telemetry,
      logger: this.logger,
      ...this.#timing,
    });
  }

  /** One attempt: a refusal that has a remedy is no failure yet. Each remedy is tried once in a call. */
  async #sendWithRemedies<Received extends HttpResponse | HttpStreamResponse>(
    sending: Sending,
    attempt: number,
    send: Send<Received>,
  ): Promise<Answer<Received>> {
    for (;;) {
      const credentials = await sending.credentials.headers(); // what this throws is no refusal of the server's
      try {
        const answer = await this.#sendOnce(sending, credentials, attempt, send);
        this.#learnOfCompression(sending.body, answer);
        return answer;
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (sending.body?.uncompressedAfter(error)) announceRemedy(this, "downgrade", error);
        else if (await sending.credentials.renewedAfter(error)) announceRemedy(this, "credentials", error);
        else {
          this.#learnOfCompression(sending.body, error);
          throw mapHttpError(error, this.#timing.clock.now());
        }
      }
    }
  }

  async #sendOnce<Received extends HttpResponse | HttpStreamResponse>(
    { call, url, body }: Sending,
    credentials: HeaderInit,
    attempt: number,
    send: Send<Received>,
  ): Promise<Answer<Received>> {
    const observed = this.#observe(call.method, url, attempt);
    const request: HttpRequest = {
      method: call.method,
      url,
      headers: this.#headersOf(call, body, credentials),
      body: call.raw ? call.raw.open() : body?.bytes,
      timeouts: { headersMs: call.headersMs ?? call.totalMs ?? this.limits.headersTimeoutMs, totalMs: call.totalMs },
      signal: call.signal,
      onResend: observed.resent,
    };
    try {
      const answer = await send(request);
      observed.ended(answer.status);
      return { ...answer, blank: blankerOf(request) };
    } catch (error) {
      observed.ended(error instanceof HttpError ? error.status : undefined, error);
      throw error;
    }
  }

  #urlOf(call: EndpointCall): string {
    return call.url ?? endpointUrl(this.provider, call.path ?? "", call.query);
  }

  #headersOf(call: EndpointCall, body: RequestBody | undefined, credentials: HeaderInit): HeaderMap {
    const { raw } = call;
    const ofProvider = call.url === undefined;
    return mergeHeaders(
      {
        accept: "*/*",
        [header.userAgent]: defaultUserAgent(),
        "content-type": body ? "application/json" : raw?.contentType,
      },
      ofProvider ? this.#userInfo : undefined,
      ofProvider ? this.provider.headers : undefined,
      call.headers,
      { "content-encoding": body?.encoding, "content-length": raw?.sizeBytes?.toString() },
      ofProvider ? traceHeaders(call.traceContext) : undefined,
      credentials,
    );
  }

  #bodyOf({ json, compression = "none", headers }: EndpointCall): Promise<RequestBody> {
    const isEncodedByHand = mergeHeaders(this.provider.headers, headers)["content-encoding"] !== undefined;
    if (compression !== "none" && isEncodedByHand) {
      throw new BuildError(
        "the header content-encoding is set by hand and compression is asked for too; drop one of them",
      );
    }
    return RequestBody.of(json, this.#sendsPlain ? "none" : compression, this.logger);
  }

  /** Tells telemetry and the log of one send. */
  #observe(method: string, url: string, attempt: number) {
    const shownUrl = safeUrl(url);
    let startedAt = performance.now();
    const ended = (status: number | undefined, error?: unknown): void => {
      const durationMs = performance.now() - startedAt;
      notify(this.telemetry, "onRequest", { attempt, method, url: shownUrl, status, error, durationMs });
      this.logger.debug({ attempt, method, url: shownUrl, status, durationMs: Math.round(durationMs) }, "request");
    };
    const resent = (reason: unknown): void => {
      ended(undefined, reason);
      startedAt = performance.now();
      const { maxRetries } = this.limits.retry;
      announceRetry(this, { retry: 0, maxRetries, delayMs: 0, reason, layer: "request" });
    };
    return { ended, resent };
  }

  #learnOfCompression(body: RequestBody | undefined, fate: { readonly status: number }): void {
    const refusal = body?.refusalOfCompression(fate);
    if (!refusal || this.#sendsPlain) return;
    this.#sendsPlain = true;
    const { status, url } = refusal;
    this.logger.warn({ status, url }, "the server refused a compressed body; bodies go uncompressed from now on");
  }
}

type Send<Received> = (request: HttpRequest) => Promise<Received>;

/** A call on its way, over all its sends. */
interface Sending {
  readonly call: EndpointCall;
  readonly url: string;
  readonly body: RequestBody | undefined;
  readonly credentials: CallCredentials;
}
