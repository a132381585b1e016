import { LimitError, StreamError } from "../failure/kinds.ts";
import { MAX_FRAGMENTS } from "./handshake.ts";
import { TOO_LARGE } from "./inflater.ts";

/** How a connection ended. */
export type WebSocketEnd =
  /** The peer sent a close frame; the code is 1005 if it had none. The handshake's credentials are blanked in `reason`. */
  | { readonly by: "peer"; readonly code: number; readonly reason: string }
  /** The connection broke, or ended without a close frame; `error` is the cause, if it is known. */
  | { readonly by: "network"; readonly error?: Error | undefined }
  /** The peer did not answer pings for this long. */
  | { readonly by: "silence"; readonly timeoutMs: number }
  /** `close` or `terminate` was called. */
  | { readonly by: "us" };

/** The code that `ws` reports if there was no close frame (RFC 6455 §7.1.5). */
export const NO_CLOSE_FRAME = 1006;
/** The code that `ws` reports for a message with too many fragments, each of which is an object. */
const TOO_MANY_PIECES = "WS_ERR_TOO_MANY_BUFFERED_PARTS";

/** What broke a connection, if what was received did: a limit as an error of this package, anything else as it is. */
export function breakOf(error: Error & { readonly code?: string }, maxMessageBytes: number): Error {
  if (error.code === TOO_LARGE) {
    const message = `a websocket message is larger than ${maxMessageBytes} bytes, the most that is accepted`;
    return new LimitError(message, { what: "message", limit: maxMessageBytes, unit: "bytes", cause: error });
  }
  if (error.code === TOO_MANY_PIECES) {
    const message = `a websocket message came in more than ${MAX_FRAGMENTS} fragments, the most that is accepted`;
    return new LimitError(message, { what: "message", limit: MAX_FRAGMENTS, unit: "fragments", cause: error });
  }
  return error;
}

/** Nothing was sent: the connection was closed before. */
export function connectionClosed(): StreamError {
  return new StreamError("websocket connection is closed");
}

/** A message could not be sent, or not to its end. */
export function sendError(cause: Error | undefined): StreamError {
  const why = cause?.message ?? "the connection was closed";
  return new StreamError(`failed to send websocket request: ${why}`, cause && { cause });
}
