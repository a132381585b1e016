import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange } from "./exchanges/exchange.ts";

/** One request with its answer, or one WebSocket connection, to be told what passes in the course of it. */
export type Passing = Pick<Exchange, "answered" | "body" | "pass" | "end">;

/**
 * Who looks at what passes through a server. A server that can be looked at takes one, tells it of each exchange, and lets it answer what is
 * asked of it: the page, and what the page loads. Nothing of it is the server's business; without one, a server does none of this.
 */
export interface Inspector {
  /**
   * An HTTP request has come, or a WebSocket handshake.
   *
   * @param body - after content decoding; of a handshake none.
   * @returns What passes is told to it: `answered`, then `body` with the bytes of an answer, or `pass` with the messages of a WebSocket
   *   (`sent` by the client, `received` by it), and once `end`.
   */
  begin(message: IncomingMessage, body?: Uint8Array): Passing;
  /** Whether a request is for the inspector and not for the server. */
  handles(message: IncomingMessage): boolean;
  /** Answers such a request. Never rejects. */
  answer(message: IncomingMessage, response: ServerResponse): Promise<void>;
}
