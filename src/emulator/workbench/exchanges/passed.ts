/** How an exchange ended: as it should, cut (FIN) or reset (RST) by the server's side, or left by the client. */
export type Ending = "finished" | "cut" | "reset" | "left";

/** What passes in the course of an exchange, in the order in which it passed. */
export type Passed =
  /** The head of an HTTP answer, or of the answer to a WebSocket handshake. */
  | { readonly kind: "answer"; readonly status: number; readonly headers: readonly Header[] }
  /** An event of a stream, framed as the service frames them: `event:`, `data:`, an empty line. */
  | { readonly kind: "event"; readonly type: string; readonly data: string }
  /** Any other piece of an HTTP body. */
  | { readonly kind: "body"; readonly data: string | Uint8Array }
  /** A message of the client's on a WebSocket, and one of the server's. A string is a text frame. */
  | { readonly kind: "sent" | "received"; readonly data: string | Uint8Array }
  | { readonly kind: "end"; readonly how: Ending; readonly code?: number; readonly reason?: string };

/** Something that passed, and when. */
export type Entry = Passed & {
  /** Milliseconds since the exchange began. */
  readonly atMs: number;
};

export type Header = readonly [name: string, value: string];

/** What an exchange begins with: an HTTP request, or a WebSocket handshake. */
export interface ExchangeHead {
  readonly carrier: "http" | "websocket";
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** As sent, in wire order. */
  readonly headers: readonly Header[];
  /** After content decoding. */
  readonly body: Uint8Array;
  /** Which TCP connection, counted from 1. */
  readonly connection: number;
}
