/** How an exchange ended: normally, cut (FIN) or reset (RST) by the server, or left by the client. */
export type Ending = "finished" | "cut" | "reset" | "left";

/** One thing that was sent or received in an exchange. */
export type Passed =
  /** The head of an HTTP answer, or of the answer to a WebSocket handshake. */
  | { readonly kind: "answer"; readonly status: number; readonly headers: readonly Header[] }
  /** An event of a stream, framed as the service frames them: `event:`, `data:`, an empty line. */
  | { readonly kind: "event"; readonly type: string; readonly data: string }
  /** Any other piece of an HTTP body. */
  | { readonly kind: "body"; readonly data: string | Uint8Array }
  /** A WebSocket message: `sent` by the client, `received` by it. A string is a text frame. */
  | { readonly kind: "sent" | "received"; readonly data: string | Uint8Array }
  | { readonly kind: "end"; readonly how: Ending; readonly code?: number; readonly reason?: string };

/** The same, with its time. */
export type Entry = Passed & {
  /** Milliseconds since the exchange began. */
  readonly atMs: number;
};

export type Header = readonly [name: string, value: string];

/** The beginning of an exchange: an HTTP request, or a WebSocket handshake. */
export interface ExchangeHead {
  readonly carrier: "http" | "websocket";
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** As sent, in wire order. */
  readonly headers: readonly Header[];
  /** After content decoding. */
  readonly body: Uint8Array;
  /** Number of its TCP connection, from 1. */
  readonly connection: number;
}
