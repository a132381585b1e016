import { BuildError } from "../../client/failure/kinds.ts";
import { withRetries } from "../../client/failure/retry.ts";
import { type HeaderInit, type HeaderMap, isSendableHeaderValue, mergeHeaders } from "../../client/headers.ts";
import type { WebsocketConnection } from "../../client/websocket/index.ts";
import { header } from "../headers.ts";
import { type ProviderConfig, userInfoHeaders } from "../provider.ts";
import { WebsocketOpener } from "../service/handshake.ts";
import type { ClientOptions } from "../service/service.ts";
import { RealtimeWebsocketConnection } from "./connection.ts";
import { protocolOf } from "./protocols.ts";
import type { RealtimeSessionConfig } from "./session-config.ts";
import { realtimeUrl } from "./url.ts";

export interface RealtimeConnectOptions {
  /** Further headers; they overwrite the provider's. With an `authorization` here the client's auth provider is not asked. */
  readonly headers?: HeaderInit | undefined;
  /** Headers for slots that neither the provider nor `headers` takes. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /** While the network does not keep up, the oldest of 256 audio frames that wait makes room for the newest. Default false: senders wait. */
  readonly dropOldestAudio?: boolean | undefined;
  /** Also yield wire events that no event type covers. Default false. */
  readonly wireEvents?: boolean | undefined;
  /** Ends the attempt at once, with an `aborted` error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens realtime sessions at `{baseUrl}/realtime`, with the trust, the route, the limits and the credentials that responses have.
 *
 * @see The reference's `RealtimeWebsocketClient`. It has no connect timeout, takes credentials as headers alone and tells every failure as
 *   one stream error (parity: `realtime/connect-timeout`, `realtime/auth-provider`, `realtime/handshake-error`).
 *
 * @example
 * ```ts
 * const connection = await client.connect({ instructions: "Answer in one sentence.", model: "gpt-realtime" });
 * await connection.sendConversationItem("Hello!");
 * await connection.sendResponseCreate();
 * for await (const event of connection) {
 *   if (event.type === "output_transcript.delta") process.stdout.write(event.delta);
 *   if (event.type === "response_done") break;
 * }
 * await connection.close();
 * ```
 */
export class RealtimeWebsocketClient {
  readonly #provider: ProviderConfig;
  readonly #opener: WebsocketOpener;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: Omit<ClientOptions, "transport">) {
    this.#opener = new WebsocketOpener(options);
    this.#provider = options.provider;
    realtimeUrl(options.provider, { instructions: "" }); // a base URL that is none shall fail here
  }

  /**
   * Opens a session and sends its `session.update`; it does not wait for the answer, which is the event `session_updated`. Not retried,
   * except once after a 401 for which the credentials could be renewed, and for a `callId` as the provider's policy says, since a call may
   * be known a moment later only.
   *
   * @throws The kinds of `docs/errors.md`: a refusal with its status as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`
   *   (the provider's `connectTimeoutMs`, default 15 000), `network`, `build`, `aborted`, `stream`.
   */
  async connect(
    config: RealtimeSessionConfig,
    options: RealtimeConnectOptions = {},
  ): Promise<RealtimeWebsocketConnection> {
    const { telemetry, logger } = this.#opener;
    const connection = new RealtimeWebsocketConnection(await this.#open(config, options), {
      protocol: protocolOf(config),
      settings: config,
      dropOldestAudio: options.dropOldestAudio ?? false,
      wireEvents: options.wireEvents ?? false,
      telemetry,
      logger,
    });
    try {
      await connection.sendSessionUpdate({}, { signal: options.signal });
    } catch (error) {
      connection.terminate();
      throw error;
    }
    return connection;
  }

  #open(config: RealtimeSessionConfig, options: RealtimeConnectOptions): Promise<WebsocketConnection> {
    const { signal } = options;
    const url = realtimeUrl(this.#provider, config);
    const open = () =>
      this.#opener.open({
        url,
        headers: (credentials) => this.#headers(config, options, credentials),
        usesAuth: !namesAuthorization(options.headers),
        compression: false, // audio in base64 hardly shrinks; the reference offers none either
        signal,
      });
    if (config.callId === undefined) return open();
    return withRetries(this.#opener.limits.retry, open, {
      signal,
      telemetry: this.#opener.telemetry,
      logger: this.#opener.logger,
      ...this.#opener.timing,
      at: { carrier: "websocket", step: "sideband" },
    });
  }

  #headers(
    { sessionId }: RealtimeSessionConfig,
    { headers, defaultHeaders }: RealtimeConnectOptions,
    credentials: HeaderInit,
  ): HeaderMap {
    if (sessionId !== undefined && !isSendableHeaderValue(sessionId)) {
      throw new BuildError(
        "invalid realtime session id header: it holds a line break, a control character or a letter outside ASCII",
      );
    }
    return mergeHeaders(defaultHeaders, userInfoHeaders(this.#provider), this.#provider.headers, credentials, headers, {
      [header.realtimeSessionId]: sessionId,
    });
  }
}

function namesAuthorization(headers: HeaderInit = {}): boolean {
  return Object.entries(headers).some(([name, value]) => value !== undefined && name.toLowerCase() === "authorization");
}
