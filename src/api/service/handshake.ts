import { acceptSignal } from "../../client/abort.ts";
import { HttpError } from "../../client/failure/kinds.ts";
import { type Timing, timingOf } from "../../client/failure/policy.ts";
import type { HeaderInit, HeaderMap } from "../../client/headers.ts";
import { type Logger, steadyLogger } from "../../client/log.ts";
import { safeUrl } from "../../client/redact.ts";
import type { Dialer } from "../../client/route/index.ts";
import { announceRemedy, type Telemetry } from "../../client/telemetry.ts";
import { WebsocketConnection } from "../../client/websocket/index.ts";
import type { AuthProvider } from "../auth.ts";
import { type ProviderLimits, providerLimits } from "../provider.ts";
import { mapHttpError } from "../refusal/answer.ts";
import { providerDialer } from "./connections.ts";
import { CallCredentials } from "./credentials.ts";
import { type ClientOptions, checkClientOptions } from "./service.ts";

/** One handshake. */
export interface Handshake {
  readonly url: string;
  /** Builds the headers around the credentials, which are asked anew for each attempt. */
  headers(credentials: HeaderInit): HeaderMap;
  /** False where the caller brings an authorization of their own: the auth provider is not asked. Default true. */
  readonly usesAuth?: boolean | undefined;
  /** Offer permessage-deflate. Default true. */
  readonly compression?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens WebSockets to one provider, with the trust, the route, the limits and the credentials that HTTP has. */
export class WebsocketOpener {
  readonly limits: ProviderLimits;
  readonly telemetry: Telemetry | undefined;
  readonly logger: Logger;
  readonly timing: Timing;
  readonly #auth: AuthProvider;
  readonly #dialer: Dialer;

  /**
   * @throws {@link BuildError} A number or a proxy setting of the provider is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: Omit<ClientOptions, "transport">) {
    checkClientOptions(options);
    const { provider, auth, env, telemetry, logger } = options;
    this.limits = providerLimits(provider);
    this.telemetry = telemetry;
    this.logger = steadyLogger(logger);
    this.timing = timingOf(options);
    this.#auth = auth;
    this.#dialer = providerDialer(provider, { env, logger: this.logger });
  }

  /**
   * Opens a connection. Not retried, except once after a 401 for which the credentials could be renewed; redirects are not followed.
   *
   * @throws The kinds of `docs/errors.md`: a refusal with its status as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`,
   *   `network`, `build`, `aborted`; {@link StreamError} `websocket closed` when the server hangs up instead of answering.
   */
  async open(handshake: Handshake): Promise<WebsocketConnection> {
    const { signal } = handshake;
    const credentials = new CallCredentials(handshake.usesAuth === false ? undefined : this.#auth, signal);
    acceptSignal(signal);
    for (;;) {
      const sent = await credentials.headers(); // what this throws is no refusal of the server's
      try {
        return await this.#attempt(handshake, sent);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        if (!(await credentials.renewedAfter(error))) throw mapHttpError(error, this.timing.clock.now());
        announceRemedy(this, "credentials", error);
      }
    }
  }

  async #attempt(handshake: Handshake, credentials: HeaderInit): Promise<WebsocketConnection> {
    const { url, compression, signal } = handshake;
    const { connectTimeoutMs, livenessTimeoutMs } = this.limits;
    const startedAt = performance.now();
    const connection = await WebsocketConnection.open({
      url,
      headers: handshake.headers(credentials),
      dialer: this.#dialer,
      connectTimeoutMs,
      livenessTimeoutMs,
      compression,
      signal,
    });
    const durationMs = Math.round(performance.now() - startedAt);
    this.logger.debug({ url: safeUrl(url), durationMs }, "websocket opened");
    return connection;
  }
}
