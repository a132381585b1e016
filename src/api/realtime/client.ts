import { BuildError, StreamError } from "../../client/failure/kinds.ts";
import { type HeaderInit, isSendableHeaderValue } from "../../client/headers.ts";
import { knownOptions } from "../../client/options.ts";
import { withRetries } from "../../client/retry/retry.ts";
import { header } from "../headers.ts";
import { beginCall, type CallScope } from "../service/call.ts";
import { ServiceClient } from "../service/client.ts";
import { RealtimeWebSocketConnection } from "./connection/connection.ts";
import { protocolOf } from "./protocol/protocols.ts";
import { checkSessionConfig, type RealtimeSessionConfig } from "./settings.ts";
import { realtimeUrl } from "./url.ts";

export interface RealtimeConnectOptions {
  /**
   * Further headers; they overwrite the provider's. If they contain `authorization`, the client's auth provider is not used. None by
   * default.
   */
  readonly headers?: HeaderInit | undefined;
  /** Headers that are sent unless the provider or `headers` sets them. None by default. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /**
   * If the network is too slow and 256 audio frames are queued, drop the oldest one for each new one. Otherwise senders wait.
   * @default `false`
   */
  readonly dropOldestAudio?: boolean | undefined;
  /** Also yield wire events that no event type covers, in `v1` and `v2`; `v3` always does. @default `false` */
  readonly wireEvents?: boolean | undefined;
  /** Ends the connection attempt at once, with an `aborted` error. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT = knownOptions<RealtimeConnectOptions>("the options of a realtime connection", {
  headers: true,
  defaultHeaders: true,
  dropOldestAudio: true,
  wireEvents: true,
  signal: true,
});

/**
 * Opens realtime sessions at `{baseUrl}/realtime`, with the same certificates, proxies, limits and credentials as responses.
 *
 * @see The Rust client's `RealtimeWebSocketClient`. It has no connect timeout, takes credentials only as headers and reports every failure
 *   as one stream error (parity: `realtime/connect-timeout`, `realtime/auth-provider`, `realtime/handshake-error`).
 *
 * @example
 * ```ts
 * const connection = await client.connect({ instructions: "Answer in one sentence.", model: "gpt-realtime-2.1" });
 * await connection.sendConversationItem("Hello!");
 * await connection.createResponse();
 * for await (const event of connection) {
 *   if (event.type === "output_transcript.delta") process.stdout.write(event.delta);
 *   if (event.type === "response_done") break;
 * }
 * await connection.close();
 * ```
 */
export class RealtimeWebSocketClient extends ServiceClient {
  /**
   * Opens a session and sends its `session.update`, unless `session` is `"keep"`. It does not wait for the answer, which is the event
   * `session_updated`. If the service ends the session right after the handshake, the connection's reader gets what it said and how it
   * ended.
   *
   * It is not retried, with two exceptions: once after a 401 if the credentials could be renewed, and by the provider's retry policy if
   * there is a `callId`, because the service may know a call only a moment later.
   *
   * @throws The kinds of `docs/errors.md`: a refusal by its status, as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`
   *   (the provider's `connectTimeoutMs`, default 15 000), `network`, `build`, `aborted`, `stream`.
   */
  async connect(
    config: RealtimeSessionConfig = {},
    options: RealtimeConnectOptions = {},
  ): Promise<RealtimeWebSocketConnection> {
    checkSessionConfig(config);
    CONNECT(options);
    const scope = beginCall(this.service.line, { endpoint: "realtime", model: config.model });
    return scope.observer.during(async () => {
      const connection = await this.#open(config, options, scope);
      if (config.session !== "keep") await agree(connection, config, options);
      return connection;
    });
  }

  #open(
    config: RealtimeSessionConfig,
    { headers, defaultHeaders, signal, dropOldestAudio = false, wireEvents = false }: RealtimeConnectOptions,
    scope: CallScope,
  ): Promise<RealtimeWebSocketConnection> {
    const { provider, limits, line } = this.service;
    const { telemetry, logger } = scope.observer;
    const handshake = {
      url: realtimeUrl(provider, config),
      endpoint: "realtime",
      defaultHeaders,
      headers: { ...headers, [header.realtimeSessionId]: checkedSessionId(config) },
      usesAuth: !namesAuthorization(headers),
      compression: false, // audio in base64 hardly compresses; the Rust client offers no compression either
      signal,
      scope,
    };
    const settings = { protocol: protocolOf(config), settings: config, dropOldestAudio, wireEvents, telemetry, logger };
    const open = () => this.service.open(handshake, (socket) => new RealtimeWebSocketConnection(socket, settings));
    if (config.callId === undefined) return open();
    return withRetries(limits.retry, open, {
      signal,
      telemetry,
      logger,
      ...line.timing,
      at: { carrier: "websocket", step: "sideband" },
    });
  }
}

async function agree(
  connection: RealtimeWebSocketConnection,
  config: RealtimeSessionConfig,
  { signal }: RealtimeConnectOptions,
): Promise<void> {
  try {
    await connection.sendPayload({ type: "session.update", session: protocolOf(config).session(config) }, { signal });
  } catch (error) {
    // The service ended the session first, and usually said why: that is read from the connection, as if it had come a moment later.
    if (error instanceof StreamError && connection.isClosed) return;
    connection.terminate();
    throw error;
  }
}

function checkedSessionId({ sessionId }: RealtimeSessionConfig): string | undefined {
  if (sessionId === undefined || isSendableHeaderValue(sessionId)) return sessionId;
  throw new BuildError(
    "invalid realtime session id header: it holds a line break, a control character or a letter outside ASCII",
  );
}

function namesAuthorization(headers: HeaderInit | undefined): boolean {
  return Object.entries(headers ?? {}).some(
    ([name, value]) => value !== undefined && name.toLowerCase() === "authorization",
  );
}
