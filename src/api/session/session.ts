import { randomUUID } from "node:crypto";
import { BuildError } from "../../client/failure/kinds.ts";
import { text } from "../../client/options.ts";
import type { CompactionInput } from "../endpoints/compact/shape.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { connectResponses } from "../responses/websocket/client.ts";
import { chooseLine } from "../service/client.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { ResponsesRequest } from "../wire/requests.ts";
import { CacheTally, type SessionCache } from "./cache.ts";
import { type ConnectionCall, SessionConnections } from "./lanes/connections.ts";
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
 * A conversation with the service: full requests in, and on the wire only what is new.
 *
 * Over a WebSocket, which is kept from request to request, a request that continues the last one goes out as the id of the last response
 * and the items that are new; anything else, after an error too, as a whole. HTTP takes over for good, within the same call, when a
 * WebSocket cannot be opened (all but 401 and 429), or when its retries are spent.
 *
 * A stream that breaks is opened anew, up to the provider's `maxStreamRetries`, after the server's delay if it named one, else after
 * `baseDelayMs`, doubling; a `restarted` event says what of the answer so far still stands. One that breaks behind the finished answer is not: the
 * error has the answer in `partial` and `code: "end_unconfirmed"`. Every retry is announced through `telemetry.onRetry`. An incomplete answer, a usage limit and a request that the service refuses are not tried again.
 *
 * A request with `background: true` goes over HTTP, whatever the session uses for others, and is not asked anew: its stream is taken up where it was.
 *
 * Calls are answered one at a time in the order they were made: a second one waits until the first stream has ended or was left. `lane()` gives a
 * further conversation that runs beside this one, on the same connection.
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
 * @see The reference's model client: its rule for incremental requests, its table of stream retries, its fallback.
 *   Differs: parity: `session/fallback-after-one`, `websocket/renewal`, `websocket/idle-death`, `websocket/oversized-request`,
 *   `stream/leaving-cancels`, `session/answered-once`.
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
   * @throws {@link BuildError} The provider's base URL, a number or a name among the options, a proxy setting or the originator is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: ResponsesSessionOptions) {
    const { carrier, maxConnectionAgeMs, maxFrameBytes, maxConnections } = sessionSettings(options);
    const { service, isOwn } = chooseLine(options, checkSessionClientOptions);
    this.#options = options;
    this.#service = service;
    this.#ownsService = isOwn;
    this.#maxFrameBytes = maxFrameBytes;
    this.conversationId = options.conversationId ?? randomUUID();
    const opensWebSockets =
      carrier === "websocket" || (carrier === "auto" && (service.provider.supportsWebSockets ?? false));
    const connect = ({ options, part }: ConnectionCall) => connectResponses(service, options, part);
    this.#connections = opensWebSockets
      ? new SessionConnections({ connect, maxAgeMs: maxConnectionAgeMs, maxConnections })
      : undefined;
    const slot = this.#connections && new LaneSlot(this.#connections, false);
    this.#main = this.#open(this.conversationId, { conversationId: this.conversationId, slot });
  }

  /** What all answers so far, of every lane, read from the service's cache and wrote to it, and why requests went out whole. */
  get cache(): SessionCache {
    return this.#cache.snapshot();
  }

  /** What the next request goes over. Once it is `http` it stays so. */
  get carrier(): "websocket" | "http" {
    return this.#main.carrier;
  }

  /**
   * A conversation of its own that runs beside this one and shares its connections. One that is open under this name is that one.
   *
   * The service takes 32 lanes on a connection and works on 16 of their responses at a time: from the 17th open lane on a further connection is opened, up
   * to `maxConnections`, where those are all taken too requests wait in order, and beyond 32 lanes a connection a request is a `limit` error.
   *
   * @param name - For telemetry and messages; the wire has names of ours, which are used again after `lane.close()`. Default: a number.
   * @throws {@link BuildError} The session was closed.
   */
  lane(name?: string): SessionLane {
    const open = name === undefined ? undefined : this.#lanes.get(name);
    return open ?? this.#lane(name, () => ({ slot: this.#connections && new LaneSlot(this.#connections, true) }));
  }

  /**
   * Sends a full request, or what of it is new, and resolves when its stream is open.
   *
   * @param request - As for `ResponsesClient`; `input` is the whole history, the items of earlier answers as they were received (their ids
   *   included, or the request goes out as a whole). What the list holds now is what counts: it may grow while the answer comes.
   * @returns Ends after `completed`. Leaving it early ends the response; where that closes the connection, the next request goes out as a whole.
   * @throws The kinds of `docs/errors.md`, when the retries are spent; {@link AbortedError} as soon as `options.signal` fires or the session
   *   is closed; {@link BuildError} in a session that was closed before.
   */
  stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: SessionCallOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    return this.#main.stream(request, options);
  }

  /**
   * Sends a body as it is, or what of its input is new; see {@link stream}. Nothing is added to it, no cache key either, and items go out as they stand.
   * The body must ask for a stream itself (`stream: true`).
   */
  streamBody(body: ResponsesRequest, options: SessionCallOptions = {}): Promise<ResponseStream> {
    return this.#main.streamBody(body, options);
  }

  /** See `SessionLane.prewarm`. */
  prewarm(request: ResponsesRequest, options: SessionCallOptions = {}): Promise<void> {
    return this.#main.prewarm(request, options);
  }

  /** Makes the history short, in the order of this session's calls. See `SessionLane.compact`. */
  compact(input: CompactionInput, options: SessionCompactOptions = {}): Promise<ResponseItem[]> {
    return this.#main.compact(input, options);
  }

  /** Opens the connection, and sends nothing. Does nothing over HTTP or where one is open. Throws as {@link prewarm} does. */
  preconnect(options: Pick<SessionCallOptions, "signal" | "headers" | "traceContext"> = {}): Promise<void> {
    return this.#main.preconnect(options);
  }

  /** Begins a new turn: what the service said to route the requests of the last one is not sent any more. */
  startTurn(): void {
    this.#main.startTurn();
  }

  /** A lane that begins where the session's own conversation is. See `SessionLane.fork`. */
  fork(name?: string): SessionLane {
    return this.#main.fork(name);
  }

  /**
   * Ends calls that run or wait, of every lane, with an `aborted` error and closes the connections, and with them whatever else the session opened for
   * itself. It cannot be used after that.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    const reason = new Error("the session was closed");
    for (const lane of [this.#main, ...this.#lanes.values()]) lane.abort(reason);
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
