import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange } from "./exchanges/exchange.ts";

/** One request with its answer, or one WebSocket connection, to which its traffic is reported. */
export type Passing = Pick<Exchange, "answered" | "body" | "pass" | "end">;

/**
 * Observes the traffic of a server. A server with an inspector reports each exchange to it, and lets it answer requests for its page and
 * the data of the page. A server without one does none of this.
 */
export interface Inspector {
  /**
   * An HTTP request or a WebSocket handshake has arrived.
   *
   * @param body - After content decoding; a handshake has none.
   * @returns Report the traffic to it: `answered`, then `body` with the bytes of an answer, or `pass` with the messages of a WebSocket
   *   (`sent` by the client, `received` by it), and once `end`.
   */
  begin(message: IncomingMessage, body?: Uint8Array): Passing;
  /** True if a request is for the inspector and not for the server. */
  handles(message: IncomingMessage): boolean;
  /** Answers such a request. Never rejects. */
  answer(message: IncomingMessage, response: ServerResponse): Promise<void>;
}
