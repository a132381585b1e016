import { AbortedError, BuildError, LimitError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import { notify } from "../../../client/observe/telemetry.ts";
import type { TraceContext } from "../../../client/observe/trace-context.ts";
import { knownOptions } from "../../../client/options.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import type { WebSocketConnection } from "../../../client/websocket/index.ts";
import { header, headerText } from "../../headers.ts";
import { type ProviderConfig, type ProviderLimits, requestEncoding } from "../../provider.ts";
import { requestIdOf } from "../../refusal/http-text.ts";
import { modelOf } from "../../service/call.ts";
import type { TurnState } from "../../service/call-options.ts";
import type { CallObserver, Observer } from "../../service/observer.ts";
import type { JsonObject } from "../../wire/json.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../../wire/requests.ts";
import type { ResponseEvent } from "../events/types.ts";
import { ResponseFlow } from "../flow.ts";
import { checkReading, READING_NAMES, type StreamOptions, streamOptionsOf } from "../options.ts";
import { handshakeEvents } from "../preliminary.ts";
import type { ResponseSource } from "../source.ts";
import { ResponseStream } from "../stream.ts";
import { watched } from "../watched.ts";
import type { Repeats } from "./demultiplexer.ts";
import { Exchange } from "./exchange.ts";
import { createFrame, onLane } from "./frames.ts";
import { ResponseTraffic } from "./traffic.ts";

/** Options of one response over a WebSocket. */
export interface WebSocketStreamOptions extends StreamOptions {
  /** The response to go on from; `input` then holds only what is new. The server knows the last one of this connection. */
  readonly previousResponseId?: string | undefined;
  /**
   * The lane of this request: 1 to 256 characters of `[A-Za-z0-9_.-]`. Requests of one lane are answered in order, lanes run side by side, and the server
   * keeps the last response of each. At most 32 names on a connection. Default: the lane without a name.
   */
  readonly streamId?: string | undefined;
  /** False prepares and cache without an answer. Default true. */
  readonly generate?: boolean | undefined;
  /** Added to the request's `client_metadata`. */
  readonly clientMetadata?: Readonly<Record<string, string>> | undefined;
  /** Ends everything at once, with an `aborted` error; once the request is out, the connection too. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span; travels in `client_metadata`. Default: the connection's. */
  readonly traceContext?: TraceContext | undefined;
  /** Filled when an event of the stream carries the turn's state. */
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

/** What a connection takes over from its client. */
export interface ConnectionContext {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly observer: Observer;
  readonly traceContext?: TraceContext | undefined;
}

/** One request over a connection. */
export interface WebSocketResponseCall {
  /** As `createFrame` writes it. */
  readonly frame: string;
  /** What of the options is about reading the answer. */
  readonly options: WebSocketStreamOptions;
  readonly observer: CallObserver;
  /** The call ends with this response. */
  readonly isOwnCall: boolean;
  /** Goes between the source and its reader. */
  readonly dress?: ((source: ResponseSource) => ResponseSource) | undefined;
}

/** As `streamBody`, for a request that is part of a larger call. */
export let respondOn: (
  connection: ResponsesWebSocketConnection,
  call: WebSocketResponseCall,
) => Promise<ResponseStream>;

/**
 * A WebSocket to `responses`. Requests of one lane are answered one after the other, each by a {@link ResponseStream}; lanes (`streamId`) run side by
 * side, at most 16 responses at a time, and the rest waits in the order in which it came. A server that does not repeat `stream_id` is noticed by its
 * first answer to one, and from then on gets one request at a time.
 *
 * It stays open after a response that came to its end. A failure, an abort, or a loop left early closes it, and what waits in line fails with it; but
 * not where the provider has `supportsInterrupt`, by which that response alone is ended, nor while other lanes run: then the response goes on unread.
 */
export class ResponsesWebSocketConnection {
  /** Of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  /** On the clock of `performance.now()`: the service ends a connection after 60 minutes. */
  readonly openedAt: number;
  readonly #connection: WebSocketConnection;
  readonly #context: ConnectionContext;
  readonly #preliminary: readonly ResponseEvent[];
  readonly #traffic: ResponseTraffic;
  #requests = 0;

  /** @internal */
  constructor(connection: WebSocketConnection, context: ConnectionContext) {
    this.headers = connection.headers;
    this.openedAt = connection.openedAt;
    this.#connection = connection;
    this.#context = context;
    this.#preliminary = handshakeEvents(connection.headers);
    const { provider, observer } = context;
    const { supportsInterrupt = false } = provider;
    this.#traffic = new ResponseTraffic({ connection, supportsInterrupt, logger: observer.logger });
  }

  /** No request can be sent any more: it failed, the server ended it, or `close` was called. An idle connection's death shows here too. */
  get isClosed(): boolean {
    return this.#traffic.isClosed;
  }

  /** Idle, and the clock jumped since the server was heard last (this machine slept): a new connection is cheaper than a request that is lost. */
  get isDoubtful(): boolean {
    return this.inFlight === 0 && this.#connection.isDoubtful;
  }

  /** The largest message that the server takes, in bytes, where its handshake says so. */
  get maxMessageBytes(): number | undefined {
    const bytes = Number(headerText(this.headers, header.maxMessageBytes));
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
  }

  /** Does a response run on this lane, or go on unread? */
  isBusy(streamId?: string): boolean {
    return this.#traffic.isBusy(streamId);
  }

  /** Responses under way, those that go on unread included. */
  get inFlight(): number {
    return this.#traffic.size;
  }

  /** Whether the server repeats `stream_id` on events, without which lanes take turns; `unknown` before the first answer to one. */
  get repeatsStreamIds(): Repeats {
    return this.#traffic.repeats;
  }

  /**
   * Sends a request and resolves when it is out; while another response of its lane is under way it waits for that one's end.
   *
   * @param request - As for `ResponsesClient.stream`; `type` is added.
   * @throws {@link StreamError} `websocket connection is closed`, or the request could not be sent. {@link TimeoutError} The server did not
   *   take it for `streamIdleTimeoutMs`. {@link AbortedError} The signal fired. {@link BuildError} The request cannot be encoded, or `streamId` is no
   *   name. {@link LimitError} It would be the 33rd name, or a thousand requests wait.
   */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: WebSocketStreamOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    const { azure, itemIds } = requestEncoding(this.#context.provider);
    // The ids of stored items are written over HTTP alone, as in the Rust client.
    const body = encodeResponsesRequest({ ...request, store: request.store ?? azure }, { itemIds });
    return (await this.streamBody(body, options)).readBy(request);
  }

  /** Sends a body as it is, as a `response.create` frame; see {@link stream}. */
  async streamBody(body: JsonObject, options: WebSocketStreamOptions = {}): Promise<ResponseStream> {
    STREAM(options);
    checkReading(options);
    checkStreamId(options.streamId);
    const facts = { endpoint: "responses", model: modelOf(body), lane: options.streamId };
    const observer = this.#context.observer.begin(facts);
    try {
      const { traceContext = this.#context.traceContext } = options;
      const frame = createFrame(body, { ...options, traceContext });
      return await this.#respond({ frame, options, observer, isOwnCall: true });
    } catch (error) {
      observer.failed(error);
      throw error;
    }
  }

  static {
    respondOn = (connection, call) => connection.#respond(call);
  }

  async #respond({ frame, options, observer, isOwnCall, dress }: WebSocketResponseCall): Promise<ResponseStream> {
    const { streamId, signal } = options;
    acceptSignal(signal);
    const { maxMessageBytes } = this;
    if (maxMessageBytes !== undefined && Buffer.byteLength(frame) > maxMessageBytes) throw tooLarge(maxMessageBytes);
    const ahead = this.#traffic.ahead(streamId);
    if (ahead > 0) observer.waits(ahead);
    await this.#traffic.enter(streamId, signal);
    if (signal?.aborted) {
      this.#traffic.leave(streamId); // nothing is out yet: the connection serves the next request
      throw new AbortedError(signal.reason);
    }
    const exchange = new Exchange(this.#traffic, streamId);
    const flow = this.#openFlow(exchange, options, observer);
    await this.#send(onLane(frame, this.repeatsStreamIds === "no" ? undefined : streamId), {
      exchange,
      flow,
      signal,
      observer,
    });
    flow.expectEvents();
    observer.answered({ requestId: requestIdOf(this.headers) });
    const source = isOwnCall ? watched(flow, observer) : flow;
    return new ResponseStream(dress?.(source) ?? source, { status: 101, headers: this.headers });
  }

  /** Takes no further request, and says goodbye when the last response under way has ended. */
  retire(): void {
    this.#traffic.retire();
  }

  /**
   * Says goodbye and waits, at most 2 s, for the server's. Responses under way fail, and the connection is cut at once, which cancels their
   * generation.
   */
  close(): Promise<void> {
    return this.#traffic.close();
  }

  #openFlow(exchange: Exchange, options: WebSocketStreamOptions, { telemetry, logger }: CallObserver): ResponseFlow {
    const { limits } = this.#context;
    const flow = new ResponseFlow(exchange, {
      ...streamOptionsOf(options),
      idleTimeoutMs: limits.streamIdleTimeoutMs,
      signal: options.signal,
      headers: this.headers,
      turnState: options.turnState,
      telemetry,
      logger,
      blank: this.#connection.blank,
    });
    exchange.carries(flow);
    this.#traffic.begin(exchange);
    flow.open(this.#preliminary);
    return flow;
  }

  async #send(
    frame: string,
    {
      exchange,
      flow,
      signal,
      observer,
    }: Pick<WebSocketResponseCall, "observer"> & {
      readonly exchange: Exchange;
      readonly flow: ResponseFlow;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    const startedAt = performance.now();
    const connectionReused = this.#requests > 0;
    this.#requests += 1;
    const sending = {
      timeoutMs: this.#context.limits.streamIdleTimeoutMs,
      // Half of a message on its way ends the connection, and with it the responses of others.
      signal: this.inFlight === 1 ? signal : undefined,
    };
    let error: unknown;
    try {
      await this.#connection.send(frame, sending);
      exchange.sent();
    } catch (cause) {
      flow.fail(cause);
      error = flow.failure; // the server's own reason, where it gave one before the connection went
    }
    const durationMs = Math.round(performance.now() - startedAt);
    notify(observer.telemetry, "onWebSocketRequest", { durationMs, error, connectionReused });
    if (error !== undefined) throw error;
  }
}

/** Nothing of it went out, so it ends no connection. */
function tooLarge(limit: number): LimitError {
  return new LimitError(
    `the request is larger than the ${limit} bytes that the server takes of a WebSocket message: shorten it, or send it over HTTP`,
    { what: "request", limit, unit: "bytes", replay: "safe" },
  );
}

const STREAM_ID = /^[A-Za-z0-9_.-]{1,256}$/;

/** @throws {@link BuildError} */
function checkStreamId(streamId: string | undefined): void {
  if (streamId !== undefined && (typeof streamId !== "string" || !STREAM_ID.test(streamId)))
    throw new BuildError("streamId must be 1 to 256 characters of A-Z, a-z, 0-9, '_', '.' and '-'");
}
