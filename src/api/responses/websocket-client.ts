import { type HeaderInit, type HeaderMap, mergeHeaders } from "../../client/headers.ts";
import type { TraceContext } from "../../client/trace-context.ts";
import { header } from "../headers.ts";
import { conversationHeaders } from "../identity.ts";
import { type ProviderConfig, userInfoHeaders, websocketUrl } from "../provider.ts";
import { WebsocketOpener } from "../service/handshake.ts";
import type { ClientOptions } from "../service/service.ts";
import type { TurnState } from "./turn-state.ts";
import { ResponsesWebsocketConnection } from "./websocket-connection.ts";

/** Options of one connection. */
export interface WebsocketConnectOptions {
  /** Sent as `x-client-request-id` and as session id, under the provider's names for it (`sessionHeaders`). */
  readonly conversationId?: string | undefined;
  /** Further headers; they overwrite the provider's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Headers for slots that neither the provider nor `headers` takes. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /** Sent when it holds a value, filled from the answer when it does not. */
  readonly turnState?: TurnState | undefined;
  /** Offer permessage-deflate. Default true: a history that is sent again shrinks to what is new, for about 300 kB a connection. */
  readonly compression?: boolean | undefined;
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
  readonly #opener: WebsocketOpener;
  readonly #url: string;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: Omit<ClientOptions, "transport">) {
    this.#opener = new WebsocketOpener(options);
    this.#provider = options.provider;
    this.#url = websocketUrl(options.provider, "responses");
  }

  /**
   * Opens a connection. Not retried, except once after a 401 for which the credentials could be renewed; redirects are not followed.
   *
   * @throws The kinds of `docs/errors.md`: a refusal with its status as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`,
   *   `network`, `build`, `aborted`; {@link StreamError} `websocket closed` when the server hangs up instead of answering.
   */
  async connect(options: WebsocketConnectOptions = {}): Promise<ResponsesWebsocketConnection> {
    const { limits, telemetry, logger } = this.#opener;
    const connection = await this.#opener.open({
      url: this.#url,
      headers: (credentials) => this.#headers(options, credentials),
      compression: options.compression,
      signal: options.signal,
    });
    options.turnState?.set(connection.headers[header.turnState]);
    const { traceContext } = options;
    return new ResponsesWebsocketConnection(connection, {
      provider: this.#provider,
      limits,
      telemetry,
      logger,
      traceContext,
    });
  }

  #headers(options: WebsocketConnectOptions, credentials: HeaderInit): HeaderMap {
    return mergeHeaders(
      options.defaultHeaders,
      userInfoHeaders(this.#provider),
      this.#provider.headers,
      {
        [header.openaiBeta]: RESPONSES_WEBSOCKETS,
        ...conversationHeaders(options.conversationId, this.#provider.sessionHeaders),
        [header.turnState]: options.turnState?.value,
      },
      options.headers,
      credentials,
    );
  }
}
