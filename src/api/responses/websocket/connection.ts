import { Failure } from "../../../client/failure/failure.ts";
import { AbortedError, StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { HeaderMap } from "../../../client/headers.ts";
import { notify } from "../../../client/observe/telemetry.ts";
import { type TraceContext, traceHeaders } from "../../../client/observe/trace-context.ts";
import { knownOptions } from "../../../client/options.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import type { WebSocketConnection, WebSocketEnd, WebSocketSink } from "../../../client/websocket/index.ts";
import { type ProviderConfig, type ProviderLimits, requestEncoding } from "../../provider.ts";
import { mapErrorEvent } from "../../refusal/event.ts";
import { requestIdOf } from "../../refusal/http-text.ts";
import { modelOf } from "../../service/call.ts";
import type { TurnState } from "../../service/call-options.ts";
import type { CallObserver, Observer } from "../../service/observer.ts";
import { type JsonObject, jsonText, parseObject } from "../../wire/json.ts";
import { encodeResponsesRequest, type ResponsesRequest, websocketFrame } from "../../wire/requests.ts";
import type { Carrier } from "../ending.ts";
import type { ResponseEvent } from "../events/types.ts";
import { ResponseFlow } from "../flow.ts";
import { checkReading, READING_NAMES, type StreamOptions, streamOptionsOf } from "../options.ts";
import { handshakeEvents } from "../preliminary.ts";
import type { ResponseSource } from "../source.ts";
import { ResponseStream } from "../stream.ts";
import { watched } from "../watched.ts";
import { connectionClosed, RequestTurns } from "./turns.ts";

/** Options of one response over a WebSocket. */
export interface WebSocketStreamOptions extends StreamOptions {
  /** The response to go on from; `input` then holds only what is new. The server knows the last one of this connection. */
  readonly previousResponseId?: string | undefined;
  /** False prepares connection and cache without an answer. Default true. */
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
  generate: true,
  clientMetadata: true,
  signal: true,
  traceContext: true,
  turnState: true,
  ...READING_NAMES,
});

/** Stands for a close frame without a code (RFC 6455 §7.1.5). */
const NO_STATUS = 1005;

const NOW = Promise.resolve();

/** What a connection takes over from its client. */
export interface ConnectionContext {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly observer: Observer;
  readonly traceContext?: TraceContext | undefined;
}

/** One request over a connection. */
export interface WebSocketResponseCall {
  /** As `frameText` writes it. */
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
 * A WebSocket to `responses`: one request after the other, each answered by a {@link ResponseStream}. It stays open after a response that
 * came to its end; a failure, an abort, or a loop left early closes it, and what waits in line fails with it.
 */
export class ResponsesWebSocketConnection {
  /** Of the server's answer to the handshake. */
  readonly headers: HeaderMap;
  /** On the clock of `performance.now()`: the service ends a connection after 60 minutes. */
  readonly openedAt: number;
  readonly #connection: WebSocketConnection;
  readonly #context: ConnectionContext;
  readonly #preliminary: readonly ResponseEvent[];
  readonly #turns = new RequestTurns();
  #flow: ResponseFlow | undefined;
  #isSending = false;
  #requests = 0;
  /** Of one network read: they come in one go. */
  readonly #messages: RawData[] = [];

  /** @internal */
  constructor(connection: WebSocketConnection, context: ConnectionContext) {
    this.headers = connection.headers;
    this.openedAt = connection.openedAt;
    this.#connection = connection;
    this.#context = context;
    this.#preliminary = handshakeEvents(connection.headers);
    connection.unref(); // a connection kept for the next request holds no process
    connection.attach(this.#sink);
  }

  /** No request can be sent any more: it failed, the server ended it, or `close` was called. An idle connection's death shows here too. */
  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  /** Idle, and the clock jumped since the server was heard last (this machine slept): a new connection is cheaper than a request that is lost. */
  get isDoubtful(): boolean {
    return this.#flow === undefined && this.#connection.isDoubtful;
  }

  /**
   * Sends a request and resolves when it is out; while another response is under way it waits for that one's end.
   *
   * @param request - As for `ResponsesClient.stream`; `type` is added.
   * @throws {@link StreamError} `websocket connection is closed`, or the request could not be sent. {@link TimeoutError} The server did not
   *   take it for `streamIdleTimeoutMs`. {@link AbortedError} The signal fired. {@link BuildError} The request cannot be encoded.
   */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: WebSocketStreamOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    const { azure, itemIds } = requestEncoding(this.#context.provider);
    // The ids of stored items are written over HTTP alone, as in the reference.
    const body = encodeResponsesRequest({ ...request, store: request.store ?? azure }, { itemIds });
    return (await this.streamBody(body, options)).readBy(request);
  }

  /** Sends a body as it is, as a `response.create` frame; see {@link stream}. */
  async streamBody(body: JsonObject, options: WebSocketStreamOptions = {}): Promise<ResponseStream> {
    STREAM(options);
    checkReading(options);
    const observer = this.#context.observer.begin({ endpoint: "responses", model: modelOf(body) });
    try {
      const { traceContext = this.#context.traceContext } = options;
      const frame = frameText(body, { ...options, traceContext });
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
    acceptSignal(options.signal);
    if (this.#turns.ahead > 0) observer.waits(this.#turns.ahead);
    await this.#turns.enter(options.signal);
    if (options.signal?.aborted) {
      this.#endTurn(); // nothing is out yet: the connection serves the next request
      throw new AbortedError(options.signal.reason);
    }
    const flow = this.#openFlow(options, observer);
    await this.#send(frame, flow, options.signal, observer);
    flow.expectEvents();
    observer.answered({ requestId: requestIdOf(this.headers) });
    const source = isOwnCall ? watched(flow, observer) : flow;
    return new ResponseStream(dress?.(source) ?? source, { status: 101, headers: this.headers });
  }

  /**
   * Says goodbye and waits, at most 2 s, for the server's. A response under way fails, and the connection is cut at once, which cancels the
   * generation.
   */
  async close(): Promise<void> {
    this.#turns.close();
    if (this.#flow) this.#flow.fail(connectionClosed());
    else await this.#connection.close();
  }

  /** Between two responses: what is left of the last one is nobody's, but an error ends the connection before a request is lost on it. */
  #unasked(message: string): void {
    if (this.#turns.isClosed) return; // behind what ended the connection, in one network read with it
    const event = parseObject(message);
    const error = event?.type === "error" ? mapErrorEvent(event, message) : undefined;
    // Of the server's words only what surely holds no prompt: the kind, and whether it is an event at all.
    const told = { isEvent: event !== undefined, error: error?.kind };
    this.#context.observer.logger.debug(told, "websocket event outside a response");
    if (error) this.#connection.terminate();
  }

  #openFlow(options: WebSocketStreamOptions, { telemetry, logger }: CallObserver): ResponseFlow {
    const { limits } = this.#context;
    const flow = new ResponseFlow(this.#carrier, {
      ...streamOptionsOf(options),
      idleTimeoutMs: limits.streamIdleTimeoutMs,
      signal: options.signal,
      headers: this.headers,
      turnState: options.turnState,
      telemetry,
      logger,
      blank: this.#connection.blank,
    });
    this.#flow = flow;
    this.#connection.ref();
    flow.open(this.#preliminary);
    return flow;
  }

  async #send(
    frame: string,
    flow: ResponseFlow,
    signal: AbortSignal | undefined,
    { telemetry }: CallObserver,
  ): Promise<void> {
    const startedAt = performance.now();
    const connectionReused = this.#requests > 0;
    this.#requests += 1;
    let error: unknown;
    this.#isSending = true;
    try {
      await this.#connection.send(frame, { timeoutMs: this.#context.limits.streamIdleTimeoutMs, signal });
    } catch (cause) {
      flow.fail(cause);
      error = flow.failure; // the server's own reason, where it gave one before the connection went
    } finally {
      this.#isSending = false;
    }
    const durationMs = Math.round(performance.now() - startedAt);
    notify(telemetry, "onWebSocketRequest", { durationMs, error, connectionReused });
    if (error !== undefined) throw error;
  }

  #endTurn(): void {
    if (!this.#turns.leave()) this.#connection.unref();
  }

  readonly #carrier: Carrier = {
    kind: "websocket",
    pause: () => this.#connection.pause(),
    resume: () => this.#connection.resume(),
    complete: () => {
      this.#flow = undefined;
      this.#connection.resume(); // whether the caller has read everything or not: pings want their answers
      this.#endTurn();
    },
    cancel: () => {
      this.#flow = undefined;
      this.#connection.terminate();
    },
  };

  /** A loop of its own: with it and the one that cuts frames apart there are two short chains to compile, not one long one at each of its levels. */
  readonly #readMessages = (): void => {
    const messages = this.#messages.splice(0);
    try {
      for (let at = 0; at < messages.length; ) {
        if (this.#flow) at = this.#flow.readMessages(messages, at);
        else this.#unasked(decodeRawData(messages[at++] as RawData));
      }
      this.#flow?.took(messages.reduce((size, message) => size + message.length, 0));
    } catch (error) {
      if (this.#flow)
        this.#flow.fail(error); // nobody listens to the promise that called
      else this.#connection.terminate();
    }
  };

  readonly #sink: WebSocketSink = {
    rawData: (message) => {
      if (this.#messages.length === 0) NOW.then(this.#readMessages); // what `queueMicrotask` does, without the async resource that Node makes for it
      this.#messages.push(message);
    },
    binary: () => {
      this.#readMessages();
      if (this.#flow) this.#flow.fail(new StreamError("unexpected binary websocket event"));
      else this.#connection.terminate();
    },
    ended: (end) => {
      this.#readMessages(); // what came with the end
      this.#turns.close();
      this.#context.observer.logger.debug({ by: end.by }, "websocket closed");
      // What we ended has its error already, and a request that broke on its way out gets the one of sending.
      if (end.by !== "us" && !(this.#isSending && end.by === "network")) this.#flow?.fail(endError(end));
    },
  };
}

/** A request as the text of the one frame in which it goes out. @throws {@link BuildError} It cannot be written as JSON. */
export function frameText(
  body: JsonObject,
  {
    previousResponseId,
    generate,
    clientMetadata,
    traceContext,
  }: Pick<WebSocketStreamOptions, "previousResponseId" | "generate" | "clientMetadata" | "traceContext">,
): string {
  const trace = traceMetadata(traceContext);
  return jsonText(
    websocketFrame(body, { previousResponseId, generate, clientMetadata: { ...clientMetadata, ...trace } }),
  );
}

/** Trace context as the reference puts it into a request, where a frame has no headers. */
function traceMetadata(context: TraceContext | undefined): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(traceHeaders(context))) {
    if (value !== undefined) metadata[`ws_request_header_${name}`] = value;
  }
  return metadata;
}

function endError(end: Exclude<WebSocketEnd, { by: "us" }>): Failure {
  switch (end.by) {
    case "peer": {
      const why = `${end.code === NO_STATUS ? "no code" : `code ${end.code}`}${end.reason && `: ${end.reason}`}`;
      return new StreamError(`websocket closed by server before response.completed (${why})`);
    }
    case "network": {
      const { error } = end;
      if (Failure.is(error)) return error;
      const why = error ? ` (${error.message})` : "";
      return new StreamError(`stream closed before response.completed${why}`, {
        code: (error as NodeJS.ErrnoException | undefined)?.code,
        cause: error,
      });
    }
    case "silence": {
      const { timeoutMs } = end;
      return new TimeoutError("the connection is dead: not even a pong arrived", { phase: "idle", timeoutMs });
    }
  }
}
