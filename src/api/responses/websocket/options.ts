import { BuildError } from "../../../client/failure/kinds.ts";
import type { TraceContext } from "../../../client/observe/trace-context.ts";
import { knownOptions } from "../../../client/options.ts";
import {
  CONVERSATION_NAMES,
  type ConversationOptions,
  type TurnState,
  UNARY_NAMES,
  type UnaryOptions,
} from "../../service/call-options.ts";
import { checkReading, READING_NAMES, type StreamOptions } from "../options.ts";

/**
 * Options of one connection. `traceContext` is used for requests that have none of their own; as in the Rust client, the handshake carries
 * none.
 */
export interface WebSocketConnectOptions extends UnaryOptions, Omit<ConversationOptions, "sessionSource"> {
  /** Headers that are sent unless the provider or `headers` sets them. None by default. */
  readonly defaultHeaders?: UnaryOptions["headers"];
  /**
   * Offer compression of frames (permessage-deflate): a history that is sent again then costs little. It takes about 300 kB of memory per
   * connection.
   * @default `true`
   */
  readonly compression?: boolean | undefined;
}

const { sessionSource: _overHttpAlone, ...CONVERSATION } = CONVERSATION_NAMES;
const CONNECT = knownOptions<WebSocketConnectOptions>("the options of a WebSocket", {
  ...UNARY_NAMES,
  ...CONVERSATION,
  defaultHeaders: true,
  compression: true,
});

/** @throws {@link BuildError} An option is unknown. */
export function checkConnectOptions(options: WebSocketConnectOptions): void {
  CONNECT(options);
}

/** Options of one response over a WebSocket. */
export interface WebSocketStreamOptions extends StreamOptions {
  /**
   * The response to continue from; `input` then holds only new items. The server remembers the last response of this connection. None by
   * default.
   */
  readonly previousResponseId?: string | undefined;
  /**
   * The lane of this request: 1 to 256 characters of `[A-Za-z0-9_.-]`. A lane is one conversation of several on a connection: its requests
   * are answered in order, lanes run at the same time, and the server remembers the last response of each. A connection accepts at most 32
   * names. By default the lane without a name is used.
   */
  readonly streamId?: string | undefined;
  /** With `false` the service prepares its cache without generating an answer. @default `true` */
  readonly generate?: boolean | undefined;
  /** Added to the request's `client_metadata`. Nothing by default. */
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined;
  /** Ends the call at once with an `aborted` error. Once the request has been sent, it also closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span, sent in `client_metadata`. @default the connection's */
  readonly traceContext?: TraceContext | undefined;
  /** Filled in when an event of the stream carries the turn state. By default it is not kept. */
  readonly turnState?: TurnState | undefined;
}

const STREAM = knownOptions<WebSocketStreamOptions>("the options of a response", {
  previousResponseId: true,
  streamId: true,
  generate: true,
  clientMetadata: true,
  signal: true,
  traceContext: true,
  turnState: true,
  ...READING_NAMES,
});

const STREAM_ID = /^[A-Za-z0-9_.-]{1,256}$/;

/** @throws {@link BuildError} An option is unknown or has an unknown value, or the lane's name is invalid. */
export function checkStreamOptions(options: WebSocketStreamOptions): void {
  STREAM(options);
  checkReading(options);
  const { streamId } = options;
  if (streamId !== undefined && (typeof streamId !== "string" || !STREAM_ID.test(streamId)))
    throw new BuildError("streamId must be 1 to 256 characters of A-Z, a-z, 0-9, '_', '.' and '-'");
}
