import { allowManyListeners, unlessAborted } from "../client/abort.ts";
import { type Compression, compressBody } from "../client/compression.ts";
import { withDeadline } from "../client/deadline.ts";
import type { Environment } from "../client/environment.ts";
import { BuildError, HttpError } from "../client/errors.ts";
import { type HeaderInit, type HeaderMap, mergeHeaders } from "../client/headers.ts";
import { type Logger, steadyLogger } from "../client/log.ts";
import { blankerOf, safeUrl } from "../client/redact.ts";
import { withRetries } from "../client/retry.ts";
import { notify, type Telemetry } from "../client/telemetry.ts";
import { type TraceContext, traceHeaders } from "../client/trace-context.ts";
import type {
  HttpRequest,
  HttpResponse,
  HttpStreamResponse,
  HttpTransport,
  ResponseHead,
} from "../client/transport.ts";
import type { AuthProvider } from "./auth.ts";
import { defaultTransport } from "./default-transport.ts";
import { mapHttpError } from "./error-mapping.ts";
import { header } from "./headers.ts";
import { endpointUrl, type ProviderConfig, type ProviderLimits, providerLimits, userInfoHeaders } from "./provider.ts";
import { defaultUserAgent } from "./user-agent.ts";
import { jsonText } from "./wire/json.ts";

/** What every client of this package is made of. */
export interface ClientOptions {
  readonly provider: ProviderConfig;
  readonly auth: AuthProvider;
  /** Default: undici over the provider's trust and route. */
  readonly transport?: HttpTransport | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** `console` or pino. Default: silent. */
  readonly logger?: Logger | undefined;
  /** Variables that choose CA bundle and proxy; default `process.env`, read when the client is built. */
  readonly env?: Environment | undefined;
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
  /** Set once a server has refused a compressed body. */
  #sendsPlain = false;

  constructor(options: ClientOptions) {
    this.provider = options.provider;
    this.limits = providerLimits(options.provider);
    this.logger = steadyLogger(options.logger);
    this.telemetry = options.telemetry;
    this.#auth = options.auth;
    this.transport = options.transport ?? defaultTransport(options.provider, this.limits, options.env, this.logger);
    this.#userInfo = userInfoHeaders(options.provider); // a base URL that is none fails here, not in the middle of the work
  }

  /** @throws The kinds of `docs/errors.md`. */
  async execute(call: EndpointCall): Promise<HttpResponse> {
    const what = `no answer from ${safeUrl(this.#urlOf(call))}`;
    return withDeadline({ timeoutMs: call.callMs ?? 0, signal: call.signal, what }, (signal) =>
      this.#send({ ...call, signal }, (request) => this.transport.execute(request)),
    );
  }

  /** @throws The kinds of `docs/errors.md`. Retries end once the response headers are in. */
  stream(call: EndpointCall): Promise<HttpStreamResponse> {
    return this.#send(call, (request) => this.transport.stream(request));
  }

  async #send<Result extends ResponseHead>(
    call: EndpointCall,
    send: (request: HttpRequest) => Promise<Result>,
  ): Promise<Result> {
    allowManyListeners(call.signal);
    const url = this.#urlOf(call);
    const plain = call.json === undefined ? undefined : Buffer.from(jsonText(call.json));
    const compression = this.#sendsPlain ? "none" : (call.compression ?? "none");
    let body = await this.#encodeBody(plain, compression, call);
    let mayRecover = true;

    const sendOnce = async (attempt: number): Promise<Result> => {
      const request: HttpRequest = {
        method: call.method,
        url,
        headers: await this.#headersOf(call, body),
        body: call.raw ? call.raw.open() : body?.bytes,
        timeouts: { headersMs: call.headersMs ?? call.totalMs ?? this.limits.headersTimeoutMs, totalMs: call.totalMs },
        signal: call.signal,
      };
      try {
        const answer = await this.#observed(request, attempt, send);
        return { ...answer, blank: blankerOf(request) };
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (body?.encoding && (error.status === 400 || error.status === 415)) {
          body = plain && { bytes: plain, encoding: undefined };
          return this.#downgrade(error, () => sendOnce(attempt));
        }
        if (error.status === 401 && mayRecover && call.url === undefined) {
          mayRecover = false;
          if (await unlessAborted(call.signal, () => this.#auth.onUnauthorized?.())) return sendOnce(attempt);
        }
        throw error;
      }
    };

    try {
      return await withRetries(this.limits.retry, sendOnce, {
        signal: call.signal,
        telemetry: this.telemetry,
        // A 429 may be a limit that no waiting within a call can lift; 5xx go by the status alone, as in the reference.
        mayRetry: (error) => !(error instanceof HttpError) || error.status !== 429 || mapHttpError(error).retryable,
      });
    } catch (error) {
      throw error instanceof HttpError ? mapHttpError(error) : error;
    }
  }

  #urlOf(call: EndpointCall): string {
    return call.url ?? endpointUrl(this.provider, call.path ?? "", call.query);
  }

  async #headersOf(call: EndpointCall, body: SentBody | undefined): Promise<HeaderMap> {
    const { raw } = call;
    const ofProvider = call.url === undefined;
    return mergeHeaders(
      { [header.userAgent]: defaultUserAgent, "content-type": body ? "application/json" : raw?.contentType },
      ofProvider ? this.#userInfo : undefined,
      ofProvider ? this.provider.headers : undefined,
      call.headers,
      { "content-encoding": body?.encoding, "content-length": raw?.sizeBytes?.toString() },
      ofProvider ? traceHeaders(call.traceContext) : undefined,
      ofProvider ? await credentialHeaders(this.#auth, call.signal) : undefined,
    );
  }

  async #encodeBody(
    plain: Uint8Array | undefined,
    compression: Compression,
    call: EndpointCall,
  ): Promise<SentBody | undefined> {
    if (!plain) return undefined;
    const ownEncoding = Object.keys({ ...this.provider.headers, ...call.headers }).some(
      (name) => name.toLowerCase() === "content-encoding",
    );
    if (compression !== "none" && ownEncoding) {
      throw new BuildError(
        "the header content-encoding is set by hand and compression is asked for too; drop one of them",
      );
    }
    return compressBody(plain, compression, this.logger);
  }

  async #observed<Result extends ResponseHead>(
    request: HttpRequest,
    attempt: number,
    send: (request: HttpRequest) => Promise<Result>,
  ): Promise<Result> {
    const startedAt = performance.now();
    const report = (status: number | undefined, error?: unknown): void => {
      const durationMs = performance.now() - startedAt;
      const url = safeUrl(request.url);
      notify(this.telemetry, "onRequest", { attempt, method: request.method, url, status, error, durationMs });
      this.logger.debug(
        { attempt, method: request.method, url, status, durationMs: Math.round(durationMs) },
        "request",
      );
    };
    try {
      const result = await send(request);
      report(result.status);
      return result;
    } catch (error) {
      report(error instanceof HttpError ? error.status : undefined, error);
      throw error;
    }
  }

  /** Sends once more without compression. Where the answer is the same refusal, that was not the reason, and later bodies are compressed. */
  async #downgrade<Result>(reason: HttpError, sendPlain: () => Promise<Result>): Promise<Result> {
    notify(this.telemetry, "onRetry", { retry: 1, maxRetries: 1, delayMs: 0, reason, layer: "downgrade" });
    try {
      const result = await sendPlain();
      this.#sendPlainFromNowOn(reason);
      return result;
    } catch (error) {
      if (error instanceof HttpError && error.status !== reason.status) this.#sendPlainFromNowOn(reason);
      throw error;
    }
  }

  #sendPlainFromNowOn({ status, url }: HttpError): void {
    this.#sendsPlain = true;
    this.logger.warn({ status, url }, "the server refused a compressed body; bodies go uncompressed from now on");
  }
}

interface SentBody {
  readonly bytes: Uint8Array;
  readonly encoding: string | undefined;
}

/**
 * Credentials as headers, asked anew each time.
 *
 * @throws {@link AbortedError} The signal fired; {@link BuildError} what the provider gave is no text; else what the provider throws.
 */
export function credentialHeaders(auth: AuthProvider, signal?: AbortSignal): Promise<HeaderInit> {
  return unlessAborted(signal, async () => {
    const token = credential("bearerToken", await auth.bearerToken());
    const accountId = credential("accountId", await auth.accountId?.());
    return {
      authorization: token === undefined ? undefined : `Bearer ${token}`,
      [header.accountId]: accountId,
    };
  });
}

/** Untyped callers give null for nothing, or an object that would go out as `[object Object]`. */
function credential(name: keyof AuthProvider, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "") {
    throw new BuildError(`${name}() of the auth provider gave an empty string; undefined is what sends no header`);
  }
  if (typeof value === "string") return value;
  throw new BuildError(`${name}() of the auth provider gave a value of type ${typeof value}; it must give a string`);
}
