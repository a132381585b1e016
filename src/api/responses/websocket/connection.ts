import { AbortedError, LimitError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import { notify } from "../../../client/observe/telemetry.ts";
import type { TraceContext } from "../../../client/observe/trace-context.ts";
import { acceptSignal, unlessAborted } from "../../../client/waiting/abort.ts";
import type { WebSocketConnection } from "../../../client/websocket/index.ts";
import { header, headerText, requestIdOf } from "../../headers.ts";
import { type ProviderConfig, type ProviderLimits, requestEncoding } from "../../provider.ts";
import { modelOf } from "../../service/call.ts";
import type { CallObserver, Observer } from "../../service/observer.ts";
import type { JsonObject } from "../../wire/json.ts";
import { checkRequest } from "../../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../../wire/requests.ts";
import type { ResponseEvent } from "../events/types.ts";
import { ResponseFlow } from "../flow.ts";
import { reported } from "../observed.ts";
import { streamOptionsOf } from "../options.ts";
import { handshakeEvents } from "../preliminary.ts";
import type { ResponseSource } from "../source.ts";
import { ResponseStream } from "../stream.ts";
import type { Repeats } from "./demultiplexer.ts";
import { Exchange } from "./exchange.ts";
import { createFrame, onLane } from "./frames.ts";
import { checkStreamOptions, type WebSocketStreamOptions } from "./options.ts";
import { ResponseTraffic } from "./traffic.ts";

/** What a connection gets from its client. */
export interface ConnectionContext {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly observer: Observer;
  readonly traceContext?: TraceContext | undefined;
}

/** One request over a connection. */
export interface WebSocketResponseCall {
  /** As `createFrame` returns it. */
  readonly frame: string;
  /** The options for reading the answer. */
  readonly options: WebSocketStreamOptions;
  readonly observer: CallObserver;
  /** True if the call ends with this response. */
  readonly isOwnCall: boolean;
  /** Called if the request has to wait for others on the connection. */
  readonly onWait?: (() => void) | undefined;
  /** Called when the request is sent: a failure before that has sent nothing. */
  readonly onSend?: (() => void) | undefined;
  /** Wraps the source before it gets a reader. */
  readonly wrap?: ((source: ResponseSource) => ResponseSource) | undefined;
}

/** A request whose turn has come. */
interface Sending extends Pick<WebSocketResponseCall, "observer"> {
  readonly exchange: Exchange;
  readonly flow: ResponseFlow;
  readonly signal: AbortSignal | undefined;
}

/** Like `streamBody`, for a request that is part of a larger call. */
export let respondOn: (
  connection: ResponsesWebSocketConnection,
  call: WebSocketResponseCall,
) => Promise<ResponseStream>;

/**
 * A WebSocket to `responses`. A lane (`streamId`) is one conversation of several on the connection. Requests of one lane are answered one
 * after the other, each by a {@link ResponseStream}. Lanes run at the same time, up to 16 responses; further requests wait in the order in
 * which they came. If the server does not repeat `stream_id`, the first answer shows that, and from then on requests are sent one at a
 * time.
 *
 * The connection stays open after a response that came to its end. A failure, an abort, or a loop left early closes it, and waiting
 * requests fail with it. There are two exceptions: if the provider has `supportsInterrupt`, only that response is ended; and while other
 * lanes run, the response is read to its end and discarded.
 */
export class ResponsesWebSocketConnection {
  /** Headers of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  /** On the clock of `performance.now()`. The service closes a connection after 60 minutes. */
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

  /**
   * True if no request can be sent any more: the connection failed, the server closed it, or `close` was called. Also true once an idle
   * connection has died.
   */
  get isClosed(): boolean {
    return this.#traffic.isClosed;
  }

  /**
   * True if the connection is idle and the clock jumped since the server was last heard (this machine slept): opening a new one is cheaper
   * than losing a request.
   */
  get isDoubtful(): boolean {
    return this.inFlight === 0 && this.#connection.isDoubtful;
  }

  /** The largest message, in bytes, that the server accepts, if its handshake or the provider states a limit. */
  get maxMessageBytes(): number | undefined {
    const bytes = Number(headerText(this.headers, header.maxMessageBytes));
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : this.#context.provider.webSocketLimits?.maxMessageBytes;
  }

  /** True if a response runs on this lane, read or unread. */
  isBusy(streamId?: string): boolean {
    return this.#traffic.isBusy(streamId);
  }

  /** Number of running responses, including unread ones. */
  get inFlight(): number {
    return this.#traffic.size;
  }

  /** Whether the server repeats `stream_id` in events. If not, lanes take turns. `unknown` before the first answer to a named lane. */
  get repeatsStreamIds(): Repeats {
    return this.#traffic.repeats;
  }

  /**
   * Sends a request and resolves when it has been sent. If another response of its lane is running, it waits for that one's end.
   *
   * @param request - As for `ResponsesClient.stream`; `type` is added.
   * @throws {@link StreamError} `websocket connection is closed`, or the request could not be sent. {@link TimeoutError} The server did not
   *   accept it within `streamIdleTimeoutMs`. {@link AbortedError} The signal fired. {@link BuildError} The request cannot be encoded, or
   *   `streamId` is invalid. {@link LimitError} It would be the 33rd name, or a thousand requests are waiting.
   */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: WebSocketStreamOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    checkRequest(request);
    const { azure, itemIds } = requestEncoding(this.#context.provider);
    // Ids of stored items are sent over HTTP only, as in the Rust client.
    const body = encodeResponsesRequest({ ...request, store: request.store ?? azure }, { itemIds });
    return (await this.streamBody(body, options)).readBy(request);
  }

  /** Sends a body unchanged, as a `response.create` frame; see {@link stream}. */
  async streamBody(body: JsonObject, options: WebSocketStreamOptions = {}): Promise<ResponseStream> {
    checkRequest(body);
    checkStreamOptions(options);
    const facts = { endpoint: "responses", model: modelOf(body), lane: options.streamId };
    const observer = this.#context.observer.begin(facts);
    const { traceContext = this.#context.traceContext } = options;
    return observer.opening(async () => {
      const frame = createFrame(body, { ...options, traceContext });
      return this.#respond({ frame, options, observer, isOwnCall: true });
    });
  }

  static {
    respondOn = (connection, call) => connection.#respond(call);
  }

  async #respond({
    frame,
    options,
    observer,
    isOwnCall,
    onWait,
    onSend,
    wrap,
  }: WebSocketResponseCall): Promise<ResponseStream> {
    const { streamId, signal } = options;
    acceptSignal(signal);
    const { maxMessageBytes } = this;
    if (maxMessageBytes !== undefined && Buffer.byteLength(frame) > maxMessageBytes) throw tooLarge(maxMessageBytes);
    const ahead = this.#traffic.ahead(streamId);
    if (ahead > 0) {
      observer.waits(ahead);
      onWait?.();
    }
    await this.#traffic.enter(streamId, signal);
    if (signal?.aborted) {
      this.#traffic.leave(streamId); // nothing has been sent: the connection can serve the next request
      throw new AbortedError(signal.reason);
    }
    const exchange = new Exchange(this.#traffic, streamId);
    const flow = this.#openFlow(exchange, options, observer);
    onSend?.();
    const onItsLane = onLane(frame, this.repeatsStreamIds === "no" ? undefined : streamId);
    await this.#send(onItsLane, { exchange, flow, signal, observer });
    flow.expectEvents();
    observer.answered({ requestId: requestIdOf(this.headers) });
    const source = isOwnCall ? reported(flow, observer) : flow;
    return new ResponseStream(wrap?.(source) ?? source, { status: 101, headers: this.headers });
  }

  /** Accepts no further request, and closes when the last running response has ended. */
  retire(): void {
    this.#traffic.retire();
  }

  /**
   * Sends a close frame and waits for the server's, at most 2 s. Running responses fail, and the connection is cut at once, which cancels
   * their generation.
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
      earlier: exchange.earlier,
      telemetry,
      logger,
      blank: this.#connection.blank,
    });
    exchange.carries(flow);
    this.#traffic.begin(exchange);
    flow.open(this.#preliminary);
    return flow;
  }

  async #send(frame: string, { exchange, flow, signal, observer }: Sending): Promise<void> {
    const startedAt = performance.now();
    const connectionReused = this.#requests > 0;
    this.#requests += 1;
    const { streamIdleTimeoutMs: timeoutMs } = this.#context.limits;
    const send = async (): Promise<void> => {
      await this.#connection.send(frame, { timeoutMs });
      exchange.sent();
    };
    let error: unknown;
    try {
      // After an abort the message is still sent for the sake of the other responses, if there are any: a part of it would end the connection.
      await unlessAborted(signal, send);
    } catch (cause) {
      flow.fail(cause);
      error = flow.failure; // the server's own reason, if it sent one before the connection broke
    }
    const durationMs = Math.round(performance.now() - startedAt);
    notify(observer.telemetry, "onWebSocketRequest", { durationMs, error, connectionReused });
    if (error !== undefined) throw error;
  }
}

/** Nothing was sent, so the connection is kept. */
function tooLarge(limit: number): LimitError {
  return new LimitError(
    `the request is larger than the ${limit} bytes that the server accepts in a WebSocket message: shorten it, or send it over HTTP`,
    { what: "request", limit, unit: "bytes", replay: "safe" },
  );
}
