import { COMPRESSIONS, type Compression } from "../../client/compression.ts";
import { timingOf } from "../../client/failure/policy.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { byteCount, milliseconds, oneOf } from "../../client/options.ts";
import type { TraceContext } from "../../client/trace-context.ts";
import type { HttpTransport } from "../../client/transport.ts";
import type { ClientOptions } from "../endpoint-session.ts";
import type { IdentityOptions } from "../identity.ts";
import type { SessionSource } from "../responses/client.ts";
import type { StreamOptions } from "../responses/stream-options.ts";

const TRANSPORTS = ["auto", "websocket", "http"] as const;

/** How a session may reach the service. */
export type TransportChoice = (typeof TRANSPORTS)[number];

export interface ResponsesSessionOptions extends Omit<ClientOptions, "transport">, IdentityOptions {
  /** Sent with every request, and as `prompt_cache_key` where a request names none. Default: a random UUID. */
  readonly conversationId?: string | undefined;
  /**
   * `auto`: a WebSocket if the provider has them (`supportsWebsockets`), HTTP from the moment it does not work. `websocket`: nothing else,
   * its failures are the caller's. Default `auto`.
   */
  readonly transport?: TransportChoice | undefined;
  /** Carries the HTTP requests. Default: undici over the provider's trust and route. */
  readonly httpTransport?: HttpTransport | undefined;
  /** Sent as `x-openai-subagent`, over HTTP alone, as in the reference. */
  readonly sessionSource?: SessionSource | undefined;
  /** Coding of HTTP request bodies; default the provider's. */
  readonly compression?: Compression | undefined;
  /** Further headers of every request and handshake; they overwrite the provider's and the identity's. A user agent is best given here. */
  readonly headers?: HeaderInit | undefined;
  /**
   * Age in milliseconds from which a WebSocket is replaced before the next request. Default 3 300 000: the service ends connections
   * after 60 minutes.
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /** Size of a request, in bytes, from which it goes over HTTP. Default 16 777 216: the service refuses larger messages. */
  readonly maxFrameBytes?: number | undefined;
}

const DEFAULT_MAX_CONNECTION_AGE_MS = 55 * 60_000;
const DEFAULT_MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** What a session goes by, each decided once. @throws {@link BuildError} A number is none, or a name is not known. */
export function sessionSettings(options: ResponsesSessionOptions) {
  const { transport = "auto", compression = "none" } = options;
  const { maxConnectionAgeMs = DEFAULT_MAX_CONNECTION_AGE_MS, maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  oneOf("compression", compression, COMPRESSIONS);
  return {
    transport: oneOf("transport", transport, TRANSPORTS),
    maxConnectionAgeMs: milliseconds("maxConnectionAgeMs", maxConnectionAgeMs),
    maxFrameBytes: byteCount("maxFrameBytes", maxFrameBytes),
    timing: timingOf(options),
  };
}

/** Options of one call. */
export interface SessionCallOptions extends StreamOptions {
  /** Ends the call at once, while it waits for its turn, for a connection, for a retry or for an event. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. */
  readonly traceContext?: TraceContext | undefined;
  /**
   * JSON about the turn, as text or object: the header `x-codex-turn-metadata`, left out where it is not ASCII, and on a WebSocket also
   * an entry of `client_metadata`, because an open connection sends no headers.
   */
  readonly turnMetadata?: string | object | undefined;
  /** Further headers; on a WebSocket they travel only with a new connection. */
  readonly headers?: HeaderInit | undefined;
}
