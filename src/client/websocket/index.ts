/**
 * Knows the WebSocket protocol: the handshake over a dialled connection, frames in both directions, keep-alive, and how a connection ends.
 * Must not know what the messages mean, nor open a connection or use TLS itself; `ws` is loaded only in `library.ts`. Start with
 * `connection.ts`.
 */
export { WebSocketConnection, type WebSocketOptions, type WebSocketSink } from "./connection.ts";
export { connectionClosed, type WebSocketEnd } from "./end.ts";
