import { AbortedError, HttpError } from "../../client/errors.ts";
import { type HeaderInit, type HeaderMap, mergeHeaders } from "../../client/headers.ts";
import { type Logger, silentLogger } from "../../client/log.ts";
import { safeUrl } from "../../client/redact.ts";
import type { Dialer } from "../../client/route/index.ts";
import type { Telemetry } from "../../client/telemetry.ts";
import type { TraceContext } from "../../client/trace-context.ts";
import { openWebsocket, type WebsocketConnection } from "../../client/websocket/index.ts";
import type { AuthProvider } from "../auth.ts";
import { providerDialer } from "../default-transport.ts";
import { type ClientOptions, credentialHeaders } from "../endpoint-session.ts";
import { mapHttpError } from "../error-mapping.ts";
import { header } from "../headers.ts";
import { conversationHeaders } from "../identity.ts";
import { type ProviderConfig, type ProviderLimits, providerLimits, websocketUrl } from "../provider.ts";
import type { SessionSource } from "./client.ts";
import type { TurnState } from "./turn-state.ts";
import { ResponsesWebsocketConnection } from "./websocket-connection.ts";

/** Options of one connection. */
export interface WebsocketConnectOptions {
  /** Sent as `x-client-request-id` and `session_id`. */
  readonly conversationId?: string | undefined;
  /** Never sent: a handshake names no subagent, as in the reference. */
  readonly sessionSource?: SessionSource | undefined;
  /** Further headers; they overwrite the provider's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Headers for slots that neither the provider nor `headers` takes. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /** Sent when it holds a value, filled from the answer when it does not. */
  readonly turnState?: TurnState | undefined;
  /** Ends the attempt at once, with an `aborted` error. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of requests that bring none of their own. A handshake carries none, as in the reference. */
  readonly traceContext?: TraceContext | undefined;
}

/** The version of the protocol, which the service wants to hear in the handshake. */
const RESPONSES_WEBSOCKETS = "responses_websockets=2026-02-06";

/** Opens WebSockets to `{baseUrl}/responses`, with the trust, the route and the credentials that HTTP has. */
export class ResponsesWebsocketClient {
  readonly #provider: ProviderConfig;
  readonly #limits: ProviderLimits;
  readonly #auth: AuthProvider;
  readonly #dialer: Dialer;
  readonly #telemetry: Telemetry | undefined;
  readonly #logger: Logger;
  readonly #url: string;

  /**
   * @param options - `transport` has no effect here.
   * @throws {@link BuildError} The provider's base URL, a number or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor({ provider, auth, env, telemetry, logger }: ClientOptions) {
    this.#provider = provider;
    this.#limits = providerLimits(provider);
    this.#auth = auth;
    this.#dialer = providerDialer(provider, env, logger);
    this.#telemetry = telemetry;
    this.#logger = logger ?? silentLogger;
    this.#url = websocketUrl(provider, "responses");
  }

  /**
   * Opens a connection. Not retried, except once after a 401 for which the credentials could be renewed; redirects are not followed.
   *
   * @throws The kinds of `docs/errors.md`: a refusal with its status as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`,
   *   `network`, `build`, `aborted`; {@link StreamError} `websocket closed` when the server hangs up instead of answering.
   */
  async connect(options: WebsocketConnectOptions = {}): Promise<ResponsesWebsocketConnection> {
    const connection = await this.#openRecovering(options);
    options.turnState?.set(connection.headers[header.turnState]);
    return new ResponsesWebsocketConnection(connection, {
      provider: this.#provider,
      limits: this.#limits,
      telemetry: this.#telemetry,
      logger: this.#logger,
      traceContext: options.traceContext,
    });
  }

  async #openRecovering(options: WebsocketConnectOptions): Promise<WebsocketConnection> {
    let mayRecover = true;
    for (;;) {
      try {
        return await this.#open(options);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (error.status !== 401 || !mayRecover || !(await this.#auth.onUnauthorized?.())) throw mapHttpError(error);
        mayRecover = false;
      }
    }
  }

  async #open(options: WebsocketConnectOptions): Promise<WebsocketConnection> {
    const { signal } = options;
    if (signal?.aborted) throw new AbortedError(signal.reason);
    const { connectTimeoutMs, livenessTimeoutMs } = this.#limits;
    const startedAt = performance.now();
    const connection = await openWebsocket({
      url: this.#url,
      headers: await this.#headers(options),
      dialer: this.#dialer,
      connectTimeoutMs,
      livenessTimeoutMs,
      signal,
    });
    const durationMs = Math.round(performance.now() - startedAt);
    this.#logger.debug({ url: safeUrl(this.#url), durationMs }, "websocket opened");
    return connection;
  }

  async #headers(options: WebsocketConnectOptions): Promise<HeaderMap> {
    return mergeHeaders(
      options.defaultHeaders,
      this.#provider.headers,
      {
        [header.openaiBeta]: RESPONSES_WEBSOCKETS,
        ...conversationHeaders(options.conversationId, this.#provider.sessionHeaders),
        [header.turnState]: options.turnState?.value,
      },
      options.headers,
      await credentialHeaders(this.#auth),
    );
  }
}
