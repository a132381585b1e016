import type { EventEmitter } from "node:events";
import type { HeaderInit, HeaderMap } from "../headers.ts";
import { mergeHeaders } from "../headers.ts";
import { byteCount } from "../options.ts";
import { dialerOf, type PolicyOptions } from "../policy.ts";
import { shakeHands } from "../websocket/handshake.ts";

export interface ConnectWebSocketOptions extends PolicyOptions {
  readonly headers?: HeaderInit | undefined;
  /** Offer permessage-deflate. Default true. */
  readonly compression?: boolean | undefined;
  /** Largest message taken, in bytes. Default 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Ends the attempt; an open WebSocket is closed by its owner. */
  readonly signal?: AbortSignal | undefined;
}

/** An open `WebSocket` of the package `ws`, as far as most programs know it; with `@types/ws` it can be cast to the whole. */
export interface OpenWebSocket extends EventEmitter {
  /** Of the answer to the handshake; repeated ones are joined. */
  readonly headers: HeaderMap;
  readonly readyState: number;
  readonly protocol: string;
  readonly extensions: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array, done?: (error?: Error) => void): void;
  /** @param options - `binary`: the kind of the message; default by the kind of `data`. */
  send(data: string | Uint8Array, options: { readonly binary?: boolean }, done?: (error?: Error) => void): void;
  ping(data?: string | Uint8Array): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/**
 * Opens a WebSocket under the policy, for programs that bring their own protocol.
 *
 * @param url - ws, wss, http or https.
 * @returns Open; add the `message` listener before anything else is awaited, or messages are lost.
 * @throws {@link HttpError} The server answered, but with no WebSocket. {@link NetworkError}, {@link TimeoutError}, {@link StreamError} No
 *   connection. {@link BuildError} URL, headers or policy are unusable. {@link AbortedError} The signal fired.
 */
export async function connectWebSocket(url: string, options: ConnectWebSocketOptions = {}): Promise<OpenWebSocket> {
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
  // Frames may stand right behind the handshake; they flow once the caller has had its turn to listen.
  setImmediate(() => websocket.resume());
  return Object.assign(websocket, { headers });
}
