/** One request as it arrived: an HTTP request, a WebSocket handshake or one frame on a WebSocket. */
export interface RecordedRequest {
  readonly kind: "http" | "handshake" | "frame";
  /** A frame has the method, path and headers of its handshake. */
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Lower-case names; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values as sent, in wire order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** After content decoding. Empty if it could not be decoded, and for a file upload of more than 1 MiB. */
  readonly body: Uint8Array;
  /** Size of the body on the wire, before content decoding; for a frame, of its payload. */
  readonly wireBytes: number;
  /** The parsed body; undefined if it is empty or not JSON. */
  readonly json: unknown;
  /** Number of its TCP connection, from 1. */
  readonly connection: number;
  /** Number of its exchange in `traffic`; a frame has that of its connection. */
  readonly exchange: number;
}
