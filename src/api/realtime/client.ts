import { BuildError } from "../../client/failure/kinds.ts";
import { type HeaderInit, isSendableHeaderValue } from "../../client/headers.ts";
import { knownOptions } from "../../client/options.ts";
import { withRetries } from "../../client/retry/retry.ts";
import { header } from "../headers.ts";
import { beginPart, type CallPart } from "../service/call.ts";
import { ServiceClient } from "../service/client.ts";
import { RealtimeWebSocketConnection } from "./connection/connection.ts";
import { protocolOf } from "./protocol/protocols.ts";
import type { RealtimeSessionConfig } from "./settings.ts";
import { realtimeUrl } from "./url.ts";

export interface RealtimeConnectOptions {
  /** Further headers; they overwrite the provider's. With an `authorization` here the client's auth provider is not asked. */
  readonly headers?: HeaderInit | undefined;
  /** Headers for slots that neither the provider nor `headers` takes. */
  readonly defaultHeaders?: HeaderInit | undefined;
  /** While the network does not keep up, the oldest of 256 audio frames that wait makes room for the newest. Default false: senders wait. */
  readonly dropOldestAudio?: boolean | undefined;
  /** Also yield wire events that no event type covers, in `v1` and `v2`; `v3` always does. Default false. */
  readonly wireEvents?: boolean | undefined;
  /** Ends the attempt at once, with an `aborted` error. */
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
 * Opens realtime sessions at `{baseUrl}/realtime`, with the trust, the route, the limits and the credentials that responses have.
 *
 * @see The Rust client's `RealtimeWebSocketClient`. It has no connect timeout, takes credentials as headers alone and tells every failure as
 *   one stream error (parity: `realtime/connect-timeout`, `realtime/auth-provider`, `realtime/handshake-error`).
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
   * Opens a session and sends its `session.update`, unless `session` is `"keep"`; it does not wait for the answer, which is the event `session_updated`. Not retried,
   * except once after a 401 for which the credentials could be renewed, and for a `callId` as the provider's policy says, since a call may
   * be known a moment later only.
   *
   * @throws The kinds of `docs/errors.md`: a refusal with its status as over HTTP (`http`, `rate_limit`, …), `timeout` of phase `connect`
   *   (the provider's `connectTimeoutMs`, default 15 000), `network`, `build`, `aborted`, `stream`.
   */
  async connect(
    config: RealtimeSessionConfig = {},
    options: RealtimeConnectOptions = {},
  ): Promise<RealtimeWebSocketConnection> {
    CONNECT(options);
    const part = beginPart(this.service.line, { endpoint: "realtime", model: config.model }, options.signal);
    try {
      const connection = await this.#open(config, options, part);
      if (config.session !== "keep") await agree(connection, config, options);
      part.observer.ended("completed");
      return connection;
    } catch (error) {
      part.observer.failed(error);
      throw error;
    }
  }

  #open(
    config: RealtimeSessionConfig,
    { headers, defaultHeaders, signal, dropOldestAudio = false, wireEvents = false }: RealtimeConnectOptions,
    part: CallPart,
  ): Promise<RealtimeWebSocketConnection> {
    const { provider, limits, line } = this.service;
    const { telemetry, logger } = part.observer;
    const handshake = {
      url: realtimeUrl(provider, config),
      endpoint: "realtime",
      defaultHeaders,
      headers: { ...headers, [header.realtimeSessionId]: checkedSessionId(config) },
      usesAuth: !namesAuthorization(headers),
      compression: false, // audio in base64 hardly shrinks; the Rust client offers none either
      signal,
      part,
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

function namesAuthorization(headers: HeaderInit = {}): boolean {
  return Object.entries(headers).some(([name, value]) => value !== undefined && name.toLowerCase() === "authorization");
}
