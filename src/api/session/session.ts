import { randomUUID } from "node:crypto";
import { BuildError } from "../../client/failure/kinds.ts";
import { text } from "../../client/options.ts";
import type { CompactionInput } from "../endpoints/compact/shape.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { connectResponses } from "../responses/websocket/client.ts";
import { chooseService } from "../service/client.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { ResponsesRequest } from "../wire/requests.ts";
import { CacheTally, type SessionCache } from "./cache.ts";
import { type ConnectionCall, type Occupant, SessionConnections } from "./lanes/connections.ts";
import { type LaneOrigin, SessionLane } from "./lanes/lane.ts";
import { LaneSlot } from "./lanes/slot.ts";
import {
  checkSessionClientOptions,
  type ResponsesSessionOptions,
  type SessionCallOptions,
  type SessionCompactOptions,
  sessionSettings,
} from "./options.ts";

/**
 * A conversation with the service. You give it full requests; it sends only what is new.
 *
 * Over a WebSocket, which stays open between requests, a request that continues the last one is sent as the id of the last response and the
 * new items. Any other request is sent whole, and so is the first one after an error. If a WebSocket cannot be opened (for any reason but
 * 401 and 429), or its retries are used up, the session uses HTTP from then on, beginning with the same call.
 *
 * A stream that breaks is opened again, up to the provider's `maxStreamRetries`, after the delay that the server names, else after
 * `baseDelayMs`, doubled each time. A `restarted` event says which parts of the answer are still valid. A stream that breaks after the
 * finished answer is not retried: the error has the answer in `partial`, and `code: "end_unconfirmed"`. Every retry is announced through
 * `telemetry.onRetry`. An incomplete answer, a usage limit and a request that the service refuses are not retried.
 *
 * A request with `background: true` goes over HTTP in every session, and its stream is resumed where it broke, without a new request.
 *
 * Calls are answered one at a time, in the order they were made: a second one waits until the first stream has ended or its reader has left
 * it. `lane()` opens a further conversation that runs at the same time, on the same connection.
 *
 * @example
 * ```ts
 * const session = new ResponsesSession({ provider: openaiProvider(), auth: apiKeyAuth(key) });
 * const say = (text: string): ResponseItem => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
 * const input = [say("Hello.")];
 * const answer = await (await session.stream({ model, input })).collect();
 * input.push(...answer.items, say("Go on."));
 * const next = await session.stream({ model, input }); // sends "Go on." alone
 * ```
 *
 * @see The Rust client's model client: its rule for incremental requests, its stream retries, its fallback. Differs: parity:
 *   `session/fallback-after-one`, `websocket/renewal`, `websocket/idle-death`, `websocket/oversized-request`, `stream/leaving-cancels`,
 *   `session/answered-once`.
 */
export class ResponsesSession implements AsyncDisposable {
  /** Sent with every request of this session. */
  readonly conversationId: string;
  readonly #service: Service;
  readonly #ownsService: boolean;
  readonly #connections: SessionConnections | undefined;
  readonly #options: ResponsesSessionOptions;
  readonly #maxFrameBytes: number;
  /** The session's own conversation. */
  readonly #main: SessionLane;
  readonly #cache = new CacheTally();
  readonly #lanes = new Map<string, SessionLane>();
  #named = 0;
  #isClosed = false;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or name among the options, a proxy setting or the originator is invalid.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
   */
  constructor(options: ResponsesSessionOptions) {
    const { service, isOwn } = chooseService(options, checkSessionClientOptions);
    const { provider } = service;
    const { carrier, maxConnectionAgeMs: maxAgeMs, maxFrameBytes, maxConnections } = sessionSettings(options, provider);
    this.#options = options;
    this.#service = service;
    this.#ownsService = isOwn;
    this.#maxFrameBytes = maxFrameBytes;
    this.conversationId = options.conversationId ?? randomUUID();
    const opensWebSockets = carrier === "websocket" || (carrier === "auto" && (provider.supportsWebSockets ?? false));
    const connect = ({ options, scope }: ConnectionCall) => connectResponses(service, options, scope);
    this.#connections = opensWebSockets
      ? new SessionConnections({ connect, ...provider.webSocketLimits, maxAgeMs, maxConnections })
      : undefined;
    const slot = this.#slot({ isNamed: false });
    this.#main = this.#open(this.conversationId, { conversationId: this.conversationId, slot });
  }

  /** What all answers so far, of every lane, read from the service's prompt cache and wrote to it, and why requests were sent whole. */
  get cache(): SessionCache {
    return this.#cache.snapshot();
  }

  /** How the next request is sent. Once it is `http` it stays `http`. */
  get carrier(): "websocket" | "http" {
    return this.#main.carrier;
  }

  /**
   * Opens a lane: a separate conversation that runs at the same time as this one and shares its connections. If a lane of this name is
   * open, returns it.
   *
   * The service accepts 32 lanes on a connection and runs 16 of their responses at a time. From the 17th open lane on a further connection
   * is opened, up to `maxConnections`. If those are full too, requests wait in order. With more than 32 lanes per connection a request
   * fails with a `limit` error. If a server accepts fewer names than 32, lanes share them by taking turns.
   *
   * @param name - For telemetry and messages; it is not sent. Default: a number.
   * @throws {@link BuildError} The session was closed.
   */
  lane(name?: string): SessionLane {
    const open = name === undefined ? undefined : this.#lanes.get(name);
    return open ?? this.#lane(name, () => ({ slot: this.#slot({ isNamed: true }) }));
  }

  /**
   * Sends a request, or only its new items, and resolves when its stream is open.
   *
   * @param request - As for `ResponsesClient`. `input` is the whole history: put the items of earlier answers into it as they were
   *   received, with their ids, or the request is sent whole. The list is read when the request is sent; you may append to it while the
   *   answer arrives.
   * @returns The stream. It ends after `completed`. Leaving it early ends the response; if that closes the connection, the next request is
   *   sent whole.
   * @throws The kinds of `docs/errors.md`, once the retries are used up. {@link AbortedError} As soon as `options.signal` fires or the
   *   session is closed. {@link BuildError} The session was closed before the call.
   */
  stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: SessionCallOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    return this.#main.stream(request, options);
  }

  /**
   * Sends a body without changing it, or only the new items of its input; see {@link stream}. Nothing is added, not even a cache key, and
   * items are sent unchanged. The body must ask for a stream itself (`stream: true`).
   */
  streamBody(body: ResponsesRequest, options: SessionCallOptions = {}): Promise<ResponseStream> {
    return this.#main.streamBody(body, options);
  }

  /** See `SessionLane.prewarm`. */
  prewarm(request: ResponsesRequest, options: SessionCallOptions = {}): Promise<void> {
    return this.#main.prewarm(request, options);
  }

  /** Compacts the history, in the order of this session's calls. See `SessionLane.compact`. */
  compact(input: CompactionInput, options: SessionCompactOptions = {}): Promise<ResponseItem[]> {
    return this.#main.compact(input, options);
  }

  /** Opens the connection without sending a request. Does nothing over HTTP or if a connection is open. Throws as {@link prewarm} does. */
  preconnect(options: Pick<SessionCallOptions, "signal" | "headers" | "traceContext"> = {}): Promise<void> {
    return this.#main.preconnect(options);
  }

  /** Begins a new turn: the routing state that the service gave to the requests of the last one is no longer sent. */
  startTurn(): void {
    this.#main.startTurn();
  }

  /** A lane that begins where the session's own conversation is. See `SessionLane.fork`. */
  fork(name?: string): SessionLane {
    return this.#main.fork(name);
  }

  /**
   * Ends calls that run or wait, of every lane, with an `aborted` error and closes the connections, and with them whatever else the session
   * opened for itself. It cannot be used after that.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lane of [this.#main, ...this.#lanes.values()]) lane.abort("the session was closed");
    this.#lanes.clear();
    await this.#connections?.close();
    if (this.#ownsService) await this.#service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #lane(given: string | undefined, origin: () => LaneOrigin): SessionLane {
    if (this.#isClosed) throw new BuildError("the session is closed; make a new one");
    const name = (given && text("the name of a lane", given)) || this.#nextName();
    if (this.#lanes.has(name))
      throw new BuildError(`lane ${JSON.stringify(name)} is open already; close() it first, or choose another name`);
    const lane = this.#open(name, origin());
    this.#lanes.set(lane.name, lane);
    return lane;
  }

  /** A place on the session's connections; undefined if it opens no WebSocket. */
  #slot(occupant: Occupant): LaneSlot | undefined {
    return this.#connections && new LaneSlot(this.#connections, occupant);
  }

  #open(name: string, origin: LaneOrigin): SessionLane {
    const context = {
      session: this.#options,
      sessionId: this.conversationId,
      service: this.#service,
      maxFrameBytes: this.#maxFrameBytes,
      cache: this.#cache,
      fork: (name: string | undefined, from: () => LaneOrigin) => this.#lane(name, from),
      closed: (lane: SessionLane) => {
        if (this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name);
      },
    };
    return new SessionLane(name, context, origin);
  }

  #nextName(): string {
    do this.#named += 1;
    while (this.#lanes.has(String(this.#named)));
    return String(this.#named);
  }
}
