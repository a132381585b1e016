/**
 * Knows the WebSocket protocol: the handshake over a connection of the route, frames in both directions, upkeep, and how a connection ends.
 * Must not know what the messages mean, nor open a connection or touch TLS by itself; `ws` is loaded in `handshake.ts` and nowhere else.
 * Start with `connection.ts`.
 */
export {
  WebSocketConnection,
  type WebSocketEnd,
  type WebSocketOptions,
  type WebSocketSink,
} from "./connection.ts";
