import { COMPRESSIONS, type Compression } from "../../client/compression.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { byteCount, count, knownOptions, milliseconds, oneOf } from "../../client/options.ts";
import type { RetryPolicy } from "../../client/retry/policy.ts";
import type { CompactOptions } from "../endpoints/compact/options.ts";
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

/** What a session is made of: what every client takes, and its own. */
export type ResponsesSessionOptions = ClientOptions & SessionOptions;

export interface SessionOptions extends Pick<ConversationOptions, "sessionSource"> {
  /** Sent with every request, and as `prompt_cache_key` where a request names none. Default: a random UUID. */
  readonly conversationId?: string | undefined;
  /**
   * `auto`: a WebSocket if the provider has them (`supportsWebSockets`), HTTP from the moment it does not work. `websocket`: nothing else,
   * its failures are the caller's. Default `auto`.
   */
  readonly carrier?: CarrierChoice | undefined;
  /** Coding of HTTP request bodies; default the provider's. */
  readonly compression?: Compression | undefined;
  /**
   * Offer compression of WebSocket frames (permessage-deflate). Default true: instructions and tools, which go along with every request, shrink to next to
   * nothing. Where a server compresses every small event, reading costs about ten times what it does over SSE: false spares that.
   */
  readonly frameCompression?: boolean | undefined;
  /** Further headers of every request and handshake; they overwrite the provider's and the identity's. */
  readonly headers?: HeaderInit | undefined;
  /**
   * Age in milliseconds from which a WebSocket is replaced before the next request. Default 3 300 000: the service ends connections
   * after 60 minutes.
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Size of a request, in bytes, from which it goes over HTTP. Default 16 777 216: the service refuses larger messages. */
  readonly maxFrameBytes?: number | undefined;
  /** Most WebSockets that the session opens for its lanes. Default 4; a session without lanes has one. */
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

/** Of `api.session(…)`, whose line is there. */
export const checkSessionOptions = knownOptions<SessionOptions>("the options of a session", SESSION_NAMES);
/** Of the class, which may bring its own line. */
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

/** @throws {@link BuildError} An option is unknown, or a name is not one that it knows. */
export function checkCallOptions(options: SessionCallOptions): void {
  CALL(options);
  checkReading(options);
}

const DEFAULT_MAX_CONNECTION_AGE_MS = 55 * 60_000;
const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_CONNECTIONS = 4;

/** What a session goes by, each decided once. @throws {@link BuildError} A number is none, or a name is not known. */
export function sessionSettings(options: SessionOptions) {
  const { carrier = "auto", compression = "none" } = options;
  const { maxConnectionAgeMs = DEFAULT_MAX_CONNECTION_AGE_MS, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  const { maxConnections = DEFAULT_MAX_CONNECTIONS } = options;
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

/** Options of one call. Further `headers` travel on a WebSocket only with a new connection. */
export interface SessionCallOptions
  extends UnaryOptions,
    StreamOptions,
    BackgroundOptions,
    Pick<ConversationOptions, "turnMetadata"> {
  /** Instead of the provider's `retry.shouldRetry`, for what the session tries again; the tries of a single HTTP request stay the provider's. */
  readonly shouldRetry?: RetryPolicy["shouldRetry"];
}
