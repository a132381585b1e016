import { COMPRESSIONS, type Compression } from "../../client/compression.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { byteCount, count, knownOptions, milliseconds, oneOf } from "../../client/options.ts";
import type { RetryPolicy } from "../../client/retry/policy.ts";
import type { CompactOptions } from "../endpoints/compact/options.ts";
import type { ProviderConfig } from "../provider.ts";
import { BACKGROUND_NAMES, type BackgroundOptions } from "../responses/background/options.ts";
import {
  type CarrierChoice,
  checkedCarrier,
  checkReading,
  READING_NAMES,
  type StreamOptions,
} from "../responses/options.ts";
import { type ConversationOptions, UNARY_NAMES, type UnaryOptions } from "../service/call-options.ts";
import { CLIENT_NAMES, type ClientOptions } from "../service/client.ts";

/** Options of a session: those of every client, and its own. */
export type ResponsesSessionOptions = ClientOptions & SessionOptions;

export interface SessionOptions extends Pick<ConversationOptions, "sessionSource"> {
  /** Sent with every request, and as `prompt_cache_key` where a request has none. @default a random UUID */
  readonly conversationId?: string | undefined;
  /**
   * `auto`: a WebSocket if the provider supports it (`supportsWebSockets`), and HTTP once the WebSocket fails. `websocket`: WebSockets
   * only; their failures reach the caller. `http`: HTTP only.
   * @default `"auto"`
   */
  readonly carrier?: CarrierChoice | undefined;
  /** Coding of HTTP request bodies. @default the provider's */
  readonly compression?: Compression | undefined;
  /**
   * Offer compression of WebSocket frames (permessage-deflate). Instructions and tools are sent with every request and compress very well.
   * If a server compresses every small event, reading costs about twice as much as over SSE; `false` avoids that.
   * @default `true`
   */
  readonly frameCompression?: boolean | undefined;
  /** Further headers for every request and handshake; they overwrite the provider's and the identity's. None by default. */
  readonly headers?: HeaderInit | undefined;
  /**
   * Age in milliseconds from which a WebSocket is replaced before the next request. The service closes connections after 60 minutes.
   * @default the provider's `webSocketLimits.maxAgeMs`, else 3 300 000 (55 minutes)
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Size of a request, in bytes, from which it goes over HTTP. The service refuses larger messages. @default 16 777 216 (16 MiB) */
  readonly maxFrameBytes?: number | undefined;
  /** The most WebSockets that the session opens for its lanes. A session without lanes uses one. @default 4 */
  readonly maxConnections?: number | undefined;
}

const SESSION_NAMES = {
  conversationId: true,
  sessionSource: true,
  carrier: true,
  compression: true,
  frameCompression: true,
  headers: true,
  maxConnectionAgeMs: true,
  maxFrameBytes: true,
  maxConnections: true,
} as const;

/** The options of `api.session(…)`, which brings its own connections. */
export const checkSessionOptions = knownOptions<SessionOptions>("the options of a session", SESSION_NAMES);
/** The options of the class, which may get connections of its own. */
export const checkSessionClientOptions = knownOptions<
  SessionOptions & { [Name in keyof typeof CLIENT_NAMES]: unknown }
>("the options of a session", { ...CLIENT_NAMES, ...SESSION_NAMES });

const CALL = knownOptions<SessionCallOptions>("the options of a call", {
  ...UNARY_NAMES,
  ...READING_NAMES,
  ...BACKGROUND_NAMES,
  turnMetadata: true,
  shouldRetry: true,
});

/** @throws {@link BuildError} An option is unknown, or an option has an unknown value. */
export function checkCallOptions(options: SessionCallOptions): void {
  CALL(options);
  checkReading(options);
}

const DEFAULT_MAX_CONNECTION_AGE_MS = 55 * 60_000;
const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_CONNECTIONS = 4;

/** The settings of a session, each decided once. @throws {@link BuildError} A number is invalid, or a name is unknown. */
export function sessionSettings(options: SessionOptions, { webSocketLimits }: ProviderConfig) {
  const {
    carrier = "auto",
    compression = "none",
    maxConnectionAgeMs = webSocketLimits?.maxAgeMs ?? DEFAULT_MAX_CONNECTION_AGE_MS,
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
    maxConnections = DEFAULT_MAX_CONNECTIONS,
  } = options;
  oneOf("compression", compression, COMPRESSIONS);
  return {
    carrier: checkedCarrier(carrier),
    maxConnectionAgeMs: milliseconds("maxConnectionAgeMs", maxConnectionAgeMs),
    maxFrameBytes: byteCount("maxFrameBytes", maxFrameBytes),
    maxConnections: Math.max(1, count("maxConnections", maxConnections)),
  };
}

/** Options of `compact` in a session. */
export interface SessionCompactOptions extends UnaryOptions, Pick<CompactOptions, "form" | "turnMetadata"> {}

export const checkSessionCompactOptions = knownOptions<SessionCompactOptions>("the options of compact()", {
  ...UNARY_NAMES,
  form: true,
  turnMetadata: true,
});

/** Options of one call. `headers` reach a WebSocket only when the call opens a new connection. */
export interface SessionCallOptions
  extends UnaryOptions,
    StreamOptions,
    BackgroundOptions,
    Pick<ConversationOptions, "turnMetadata"> {
  /**
   * Replaces the provider's `retry.shouldRetry` for what the session retries. Retries of a single HTTP request still follow the provider's.
   * By default the provider's decides.
   */
  readonly shouldRetry?: RetryPolicy["shouldRetry"];
}
