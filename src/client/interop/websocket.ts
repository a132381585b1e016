import type { EventEmitter } from "node:events";
import type { HeaderInit, HeaderMap } from "../headers.ts";
import { mergeHeaders } from "../headers.ts";
import { byteCount, knownOptions } from "../options.ts";
import { dialerOf, POLICY_NAMES, type PolicyOptions } from "../policy.ts";
import { shakeHands } from "../websocket/handshake.ts";

export interface ConnectWebSocketOptions extends PolicyOptions {
  /** Further headers of the handshake. None by default. */
  readonly headers?: HeaderInit | undefined;
  /** Offer compression (permessage-deflate). @default `true` */
  readonly compression?: boolean | undefined;
  /** The largest message that is accepted, in bytes. @default 67 108 864 (64 MiB) */
  readonly maxMessageBytes?: number | undefined;
  /** Ends the connection attempt; an open WebSocket is closed by its owner. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS = knownOptions<ConnectWebSocketOptions>("the options of connectWebSocket", {
  ...POLICY_NAMES,
  headers: true,
  compression: true,
  maxMessageBytes: true,
  signal: true,
});

/** An open `WebSocket` of the package `ws`, with the members that most programs use; with `@types/ws` it can be cast to the full type. */
export interface OpenWebSocket extends EventEmitter {
  /** Headers of the answer to the handshake; repeated ones are joined. */
  readonly headers: HeaderMap;
  readonly readyState: number;
  readonly protocol: string;
  readonly extensions: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, done?: (error?: Error) => void): void;
  /** @param options - `binary`: the kind of the message; by default the kind of `data`. */
  send(data: string | Uint8Array, options: { readonly binary?: boolean }, done?: (error?: Error) => void): void;
  ping(data?: string | Uint8Array): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/**
 * Opens a WebSocket that follows the policy, for programs with their own protocol.
 *
 * @param url - ws, wss, http or https.
 * @returns An open WebSocket. Add the `message` listener before you await anything else, or messages are lost.
 * @throws {@link HttpError} The server answered, but not with a WebSocket. {@link NetworkError}, {@link TimeoutError}, {@link StreamError}
 *   No connection. {@link BuildError} URL, headers or policy are invalid. {@link AbortedError} The signal fired.
 */
export async function connectWebSocket(url: string, options: ConnectWebSocketOptions = {}): Promise<OpenWebSocket> {
  OPTIONS(options);
  const { maxMessageBytes } = options;
  const { websocket, headers } = await shakeHands({
    url,
    headers: mergeHeaders(options.headers),
    dialer: dialerOf(options),
    connectTimeoutMs: options.connectTimeoutMs,
    signal: options.signal,
    compression: options.compression,
    maxMessageBytes: maxMessageBytes === undefined ? undefined : byteCount("maxMessageBytes", maxMessageBytes),
  });
  // Frames may follow the handshake at once; they are delivered after the caller had a chance to listen.
  setImmediate(() => websocket.resume());
  return Object.assign(websocket, { headers });
}
