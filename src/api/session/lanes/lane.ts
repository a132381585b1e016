import { randomUUID } from "node:crypto";
import { outlookOf } from "../../../client/failure/outlook.ts";
import { object } from "../../../client/options.ts";
import { compactByEndpoint, compactByTrigger } from "../../endpoints/compact/forms.ts";
import { checkedForm } from "../../endpoints/compact/options.ts";
import type { CompactionInput } from "../../endpoints/compact/shape.ts";
import type { ProviderLimits } from "../../provider.ts";
import { reported } from "../../responses/observed.ts";
import { ResponseStream } from "../../responses/stream.ts";
import { TurnState } from "../../service/call-options.ts";
import type { CallFacts } from "../../service/observer.ts";
import type { Service } from "../../service/service.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { checkRequest } from "../../wire/request-input.ts";
import type { ResponsesRequest } from "../../wire/requests.ts";
import { CacheTally, type SessionCache } from "../cache.ts";
import { SessionCall } from "../call/call.ts";
import type { CallContext } from "../call/context.ts";
import { CallEvents } from "../call/events.ts";
import { Carriers } from "../carriers.ts";
import {
  checkCallOptions,
  checkSessionCompactOptions,
  type SessionCallOptions,
  type SessionCompactOptions,
  type SessionOptions,
} from "../options.ts";
import { type Admitted, LaneCalls } from "./calls.ts";
import type { LaneSlot } from "./slot.ts";

/** What a lane gets from its session. */
export interface LaneContext {
  readonly session: SessionOptions;
  /** The conversation id of the session itself. */
  readonly sessionId: string;
  readonly service: Service;
  readonly maxFrameBytes: number;
  /** The session's tally, over all its lanes. */
  readonly cache: CacheTally;
  /** Opens a further lane of the same session. */
  readonly fork: (name: string | undefined, from: () => LaneOrigin) => SessionLane;
  readonly closed: (lane: SessionLane) => void;
}

/** What a lane starts with. */
export interface LaneOrigin {
  readonly conversationId?: string | undefined;
  readonly cacheKey?: string | undefined;
  /** Undefined if the session opens no WebSocket. */
  readonly slot: LaneSlot | undefined;
}

/**
 * A lane is a separate conversation inside a session. It has its own history and turn state, and runs at the same time as the session's
 * other lanes. It shares their connections, credentials and the fallback to HTTP. See `docs/lanes.md`.
 *
 * Calls of one lane are answered one at a time, in the order they were made: a second one waits until the first stream has ended or its
 * reader has left it.
 *
 * @example
 * ```ts
 * const [reviewer, tester] = [session.lane("reviewer"), session.lane("tester")];
 * const answers = await Promise.all([ask(reviewer, "Review it."), ask(tester, "Test it.")]); // at the same time, on one WebSocket
 * ```
 */
export class SessionLane implements AsyncDisposable {
  readonly name: string;
  /** Sent over HTTP. A WebSocket carries the session's id. */
  readonly conversationId: string;
  readonly #context: LaneContext;
  readonly #service: Service;
  readonly #carriers: Carriers;
  readonly #slot: LaneSlot | undefined;
  readonly #cacheKey: string;
  readonly #cache: CacheTally;
  readonly #calls: LaneCalls;
  #turnState = new TurnState();

  /** @internal Made by `session.lane` and `fork`. */
  constructor(name: string, context: LaneContext, origin: LaneOrigin) {
    const { session, sessionId, service, maxFrameBytes } = context;
    this.name = name;
    this.conversationId = origin.conversationId ?? randomUUID();
    this.#cacheKey = origin.cacheKey ?? this.conversationId;
    this.#context = context;
    this.#service = service;
    this.#slot = origin.slot;
    this.#calls = new LaneCalls(name, service.line);
    this.#cache = new CacheTally(context.cache);
    this.#carriers = new Carriers({
      session,
      sessionId,
      conversationId: this.conversationId,
      cacheKey: this.#cacheKey,
      service,
      slot: origin.slot,
      maxFrameBytes,
    });
  }

  /** What the lane's answers read from the service's prompt cache and wrote to it, and why requests were sent whole. */
  get cache(): SessionCache {
    return this.#cache.snapshot();
  }

  /** How the next request is sent. Once it is `http` it stays `http`, for the whole session. */
  get carrier(): "websocket" | "http" {
    return this.#carriers.carrier;
  }

  /** Sends a request, or only its new items, and resolves when its stream is open. See `ResponsesSession.stream`. */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: SessionCallOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    return (await this.#stream(request, options, false)).readBy(request);
  }

  /** Sends a body without changing it, or only the new items of its input. See `ResponsesSession.streamBody`. */
  streamBody(body: ResponsesRequest, options: SessionCallOptions = {}): Promise<ResponseStream> {
    return this.#stream(body, options, true);
  }

  async #stream(request: ResponsesRequest, options: SessionCallOptions, isBody: boolean): Promise<ResponseStream> {
    checkRequest(request);
    const turnState = this.#turnState;
    const { input } = request;
    const asked = Array.isArray(input) ? { ...request, input: [...input] } : request;
    const { scope, signal, leave, cancel } = await this.#admit(options, {
      endpoint: "responses",
      model: request.model ?? undefined,
    });
    const call = new SessionCall(
      { request: asked, isBody, options, turnState, signal, scope },
      {
        carriers: this.#carriers,
        limits: limitsOf(this.#service, options),
        timing: this.#service.line.timing,
        onAnswer: (cache) => this.#cache.note(cache),
        onEnd: leave,
      },
    );
    const events = new CallEvents(call, cancel);
    const head = await scope.observer.opening(() => events.start());
    return new ResponseStream(reported(events, scope.observer), head);
  }

  /**
   * Prepares the connection and the service's cache for a request: sends it without asking for an answer, and waits until the service is
   * ready. The first request then continues from there. Does nothing over HTTP, or on a connection that has already served a request.
   *
   * @param request - With the tools and instructions of the conversation; `input` may be empty.
   * @throws The errors of `stream`, without a retry; the session stays usable. A WebSocket that cannot be opened is not an error if HTTP
   *   may be used instead.
   */
  async prewarm(request: ResponsesRequest, options: SessionCallOptions = {}): Promise<void> {
    checkRequest(request);
    const warmUp = async (call: Omit<CallContext, "request">): Promise<void> => {
      const sending = this.#carriers.warmUp({ ...call, request });
      if (!sending) return;
      try {
        const stream = await sending.open();
        const { responseId, items } = await stream.collect();
        if (responseId !== undefined) sending.completed(responseId, items);
      } catch (error) {
        if (sending.lostPlace(error)) return warmUp(call);
        if (!sending.isOpening || !this.#fallsBackOn(error, call)) throw error;
      }
    };
    await this.#inTurn(options, { endpoint: "responses.prewarm" }, warmUp);
  }

  /** Opens the connection without sending a request. Does nothing over HTTP or if a connection is open. Throws as {@link prewarm} does. */
  async preconnect(options: Pick<SessionCallOptions, "signal" | "headers" | "traceContext"> = {}): Promise<void> {
    await this.#inTurn(options, { endpoint: "responses.connect" }, async (call) => {
      try {
        await this.#carriers.slot?.obtain(this.#carriers.connectionCall(call));
      } catch (error) {
        if (!this.#fallsBackOn(error, call)) throw error;
      }
    });
  }

  /**
   * Compacts the lane's history, in the order of its calls. Begin the next request with the items that this returns; it is sent whole.
   *
   * @param input - As for `CompactClient`; `prompt_cache_key` defaults to the lane's. In the form `trigger` the request is sent as other
   *   requests of the lane are: if the service has the history, only the trigger is sent.
   * @param options - `form`: see `CompactionForm`; default `endpoint`, which uses HTTP.
   * @throws The errors of `stream` and `CompactClient`.
   */
  async compact(input: CompactionInput, options: SessionCompactOptions = {}): Promise<ResponseItem[]> {
    object("the input of compact()", input, "an object with model and input");
    checkSessionCompactOptions(options);
    const { form, ...call } = options;
    const asked: CompactionInput = { prompt_cache_key: this.#cacheKey, ...input };
    if (checkedForm(form) === "trigger")
      return compactByTrigger(asked, async (request) => (await (await this.stream(request, call)).collect()).items);
    const turnState = this.#turnState;
    return this.#inTurn(call, { endpoint: "responses/compact", model: input.model }, ({ signal, scope }) =>
      compactByEndpoint(this.#service, asked, {
        ...call,
        signal,
        scope,
        turnState,
        conversationId: this.conversationId,
        sessionSource: this.#context.session.sessionSource,
        headers: { ...this.#context.session.headers, ...call.headers },
      }),
    );
  }

  /** Begins a new turn: routing data that the service returned in the last turn is no longer sent. */
  startTurn(): void {
    this.#turnState = new TurnState();
  }

  /**
   * Opens another lane that starts where this one is: its first request continues from this lane's last response, and the history is not
   * sent again.
   *
   * Where responses are not stored, the service keeps that response only until this lane's next request. That request therefore waits until
   * the branches sent so far have begun; a branch that is sent later is sent whole.
   *
   * @param name - As for `session.lane`.
   * @throws {@link BuildError} A lane of this name is open, or this one is closed.
   */
  fork(name?: string): SessionLane {
    this.#calls.checkOpen();
    return this.#context.fork(name, () => ({ cacheKey: this.#cacheKey, slot: this.#slot?.fork() }));
  }

  /**
   * Ends running and waiting calls with an `aborted` error, and frees the lane's place on the connection. The lane cannot be used
   * afterwards.
   */
  async close(): Promise<void> {
    this.abort(`lane ${JSON.stringify(this.name)} was closed`);
    this.#slot?.release();
    this.#context.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  abort(reason: string): void {
    this.#calls.close(reason);
  }

  /** Runs a call that streams nothing to its caller. */
  async #inTurn<Result>(
    options: SessionCallOptions,
    facts: Omit<CallFacts, "callId">,
    work: (call: Omit<CallContext, "request">) => Promise<Result>,
  ): Promise<Result> {
    const turnState = this.#turnState;
    const { scope, signal, leave } = await this.#admit(options, facts);
    try {
      return await scope.observer.during(() => work({ options, turnState, signal, scope }));
    } finally {
      leave();
    }
  }

  #admit(options: SessionCallOptions, facts: Omit<CallFacts, "callId">): Promise<Admitted> {
    checkCallOptions(options);
    return this.#calls.admit(options.signal, facts);
  }

  #fallsBackOn(reason: unknown, { scope }: Pick<CallContext, "scope">): boolean {
    const { outlook } = outlookOf(reason, { carrier: "websocket", step: "handshake" });
    if (!this.#carriers.mayFallBack || outlook !== "elsewhere") return false;
    this.#carriers.fallBack(reason, scope);
    return true;
  }
}

/** The provider's limits, with the call's own `shouldRetry`. */
function limitsOf({ limits }: Service, { shouldRetry }: SessionCallOptions): ProviderLimits {
  return shouldRetry ? { ...limits, retry: { ...limits.retry, shouldRetry } } : limits;
}
