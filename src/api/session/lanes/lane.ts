import { randomUUID } from "node:crypto";
import { BuildError } from "../../../client/failure/kinds.ts";
import { outlookOf } from "../../../client/failure/outlook.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import { compactByEndpoint, compactByTrigger } from "../../endpoints/compact/forms.ts";
import { checkedForm } from "../../endpoints/compact/options.ts";
import type { CompactionInput } from "../../endpoints/compact/shape.ts";
import type { ProviderLimits } from "../../provider.ts";
import { ResponseStream } from "../../responses/stream.ts";
import { watched } from "../../responses/watched.ts";
import { RequestTurns } from "../../responses/websocket/turns.ts";
import { beginPart, type CallPart } from "../../service/call.ts";
import { TurnState } from "../../service/call-options.ts";
import type { CallFacts } from "../../service/observer.ts";
import type { Service } from "../../service/service.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { ResponsesRequest } from "../../wire/requests.ts";
import { CacheTally, type SessionCache } from "../cache.ts";
import { type Call, Carriers } from "../carriers.ts";
import {
  checkCallOptions,
  type SessionCallOptions,
  type SessionCompactOptions,
  type SessionOptions,
} from "../options.ts";
import { SessionStream } from "../session-stream.ts";
import type { LaneSlot } from "./slot.ts";

/** A call that has been let in. */
interface Admitted {
  readonly part: CallPart;
  readonly signal: AbortSignal;
  /** Lets the next call in; once. */
  leave(): void;
  cancel(): void;
}

/** What a lane takes over from its session. */
export interface LaneContext {
  readonly session: SessionOptions;
  /** The conversation's id of the session itself. */
  readonly sessionId: string;
  readonly service: Service;
  readonly maxFrameBytes: number;
  /** The session's own, over all its lanes. */
  readonly cache: CacheTally;
  /** A further lane of the same session. */
  readonly fork: (name: string | undefined, from: () => LaneOrigin) => SessionLane;
  readonly closed: (lane: SessionLane) => void;
}

/** What a lane begins with. */
export interface LaneOrigin {
  readonly conversationId?: string | undefined;
  readonly cacheKey?: string | undefined;
  /** Absent where the session opens no WebSocket. */
  readonly slot: LaneSlot | undefined;
}

/**
 * A conversation of its own in a session: it has its own history, increments and turn state, and shares connections, upkeep, credentials and the
 * fallback to HTTP with the others, beside which it runs. `docs/lanes.md` has the whole story.
 *
 * Calls of one lane are answered one at a time in the order they were made: a second one waits until the first stream has ended or was left.
 *
 * @example
 * ```ts
 * const [reviewer, tester] = [session.lane("reviewer"), session.lane("tester")];
 * const answers = await Promise.all([ask(reviewer, "Review it."), ask(tester, "Test it.")]); // at the same time, on one WebSocket
 * ```
 */
export class SessionLane implements AsyncDisposable {
  readonly name: string;
  /** Sent over HTTP; a WebSocket has that of the session. */
  readonly conversationId: string;
  readonly #context: LaneContext;
  readonly #service: Service;
  readonly #carriers: Carriers;
  readonly #slot: LaneSlot | undefined;
  readonly #cacheKey: string;
  readonly #cache: CacheTally;
  readonly #callTurns = new RequestTurns();
  readonly #calls = new Set<AbortController>();
  #turnState = new TurnState();
  #isClosed = false;

  /** @internal Made by `session.lane` and `fork`. */
  constructor(name: string, context: LaneContext, origin: LaneOrigin) {
    const { session, sessionId, service, maxFrameBytes } = context;
    this.name = name;
    this.conversationId = origin.conversationId ?? randomUUID();
    this.#cacheKey = origin.cacheKey ?? this.conversationId;
    this.#context = context;
    this.#service = service;
    this.#slot = origin.slot;
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

  /** What the lane's answers read from the service's cache and wrote to it, and why requests went out whole. */
  get cache(): SessionCache {
    return this.#cache.snapshot();
  }

  /** What the next request goes over. Once it is `http` it stays so, for the whole session. */
  get carrier(): "websocket" | "http" {
    return this.#carriers.carrier;
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
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: SessionCallOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    return (await this.#stream(request, options, false)).readBy(request);
  }

  /**
   * Sends a body as it is, or what of its input is new; see {@link stream}. Nothing is added to it, no cache key either, and items go out as they stand.
   * The body must ask for a stream itself (`stream: true`).
   */
  streamBody(body: ResponsesRequest, options: SessionCallOptions = {}): Promise<ResponseStream> {
    return this.#stream(body, options, true);
  }

  async #stream(request: ResponsesRequest, options: SessionCallOptions, isBody: boolean): Promise<ResponseStream> {
    const turnState = this.#turnState;
    const { input } = request;
    const asked = Array.isArray(input) ? { ...request, input: [...input] } : request;
    const { part, signal, leave, cancel } = await this.#admit(options, {
      endpoint: "responses",
      model: request.model ?? undefined,
    });
    const events = new SessionStream({
      carriers: this.#carriers,
      call: { request: asked, isBody, options, turnState, signal, part },
      limits: limitsOf(this.#service, options),
      timing: this.#service.line.timing,
      onAnswer: (cache) => this.#cache.note(cache),
      onEnd: leave,
      cancel,
      keep: options.keep,
    });
    try {
      const head = await events.start();
      return new ResponseStream(watched(events, part.observer), head);
    } catch (error) {
      part.observer.failed(error);
      throw error;
    }
  }

  /**
   * Prepares the connection and the service's cache for a request: sends it without asking for an answer and waits until the service is
   * ready. The first request then goes on from there. Does nothing over HTTP, nor on a connection that has served a request.
   *
   * @param request - The tools and instructions of the conversation; `input` may be empty.
   * @throws What `stream` throws, without a retry; the session stays usable. A WebSocket that cannot be opened is no error where HTTP may
   *   take over.
   */
  async prewarm(request: ResponsesRequest, options: SessionCallOptions = {}): Promise<void> {
    await this.#inTurn(options, { endpoint: "responses.prewarm" }, async (call) => {
      const attempt = this.#carriers.prewarm({ ...call, request });
      if (!attempt) return;
      try {
        const stream = await attempt.open();
        const { responseId, items } = await stream.collect();
        if (responseId !== undefined) attempt.completed(responseId, items);
      } catch (error) {
        if (!attempt.isOpening || !this.#fallsBackOn(error, call)) throw error;
      }
    });
  }

  /** Opens the connection, and sends nothing. Does nothing over HTTP or where one is open. Throws as {@link prewarm} does. */
  async preconnect(options: Pick<SessionCallOptions, "signal" | "headers" | "traceContext"> = {}): Promise<void> {
    await this.#inTurn(options, { endpoint: "responses.connect" }, async (call) => {
      try {
        await this.#carriers.slot?.obtain(this.#carriers.connection(call));
      } catch (error) {
        if (!this.#fallsBackOn(error, call)) throw error;
      }
    });
  }

  /**
   * Makes the lane's history short, in the order of its calls. The next request is to begin with what comes back, and goes out as a whole.
   *
   * @param input - As for `CompactClient`; `prompt_cache_key` is the lane's where none is given. In the form `trigger` it goes out as a request of the
   *   lane does: of a history that the service has, the trigger alone.
   * @param options - `form`: see `CompactionForm`; default `endpoint`, which goes over HTTP.
   * @throws What `stream` and `CompactClient` throw.
   */
  async compact(input: CompactionInput, { form, ...options }: SessionCompactOptions = {}): Promise<ResponseItem[]> {
    const asked: CompactionInput = { prompt_cache_key: this.#cacheKey, ...input };
    if (checkedForm(form) === "trigger")
      return compactByTrigger(asked, async (request) => (await (await this.stream(request, options)).collect()).items);
    const turnState = this.#turnState;
    return this.#inTurn(options, { endpoint: "responses/compact", model: input.model }, ({ signal, part }) =>
      compactByEndpoint(this.#service, asked, {
        ...{ ...options, signal, part, turnState },
        conversationId: this.conversationId,
        sessionSource: this.#context.session.sessionSource,
        headers: { ...this.#context.session.headers, ...options.headers },
      }),
    );
  }

  /** Begins a new turn: what the service said to route the requests of the last one is not sent any more. */
  startTurn(): void {
    this.#turnState = new TurnState();
  }

  /**
   * Another lane that begins where this one is: its first request goes on from this lane's last response, and its history is not sent again. Where
   * nothing is stored, the service keeps that response until this lane goes on: this lane's next request waits until the branches that were sent by then
   * have begun, and one that is sent later goes out as a whole.
   *
   * @param name - As for `session.lane`.
   * @throws {@link BuildError} A lane of this name is open, or this one is closed.
   */
  fork(name?: string): SessionLane {
    if (this.#isClosed) throw laneClosed(this.name);
    return this.#context.fork(name, () => ({ cacheKey: this.#cacheKey, slot: this.#slot?.fork() }));
  }

  /** Ends calls that run or wait with an `aborted` error, and gives the lane's place on the connection to others. It cannot be used after that. */
  async close(): Promise<void> {
    this.abort(new Error(`lane ${JSON.stringify(this.name)} was closed`));
    this.#slot?.release();
    this.#context.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  abort(reason: Error): void {
    this.#isClosed = true;
    for (const controller of this.#calls) controller.abort(reason);
  }

  /** A call that streams nothing to its caller. */
  async #inTurn<Result>(
    options: SessionCallOptions,
    facts: Omit<CallFacts, "callId">,
    work: (call: Omit<Call, "request">) => Promise<Result>,
  ): Promise<Result> {
    const turnState = this.#turnState;
    const { part, signal, leave } = await this.#admit(options, facts);
    try {
      const result = await work({ options, turnState, signal, part });
      part.observer.ended("completed");
      return result;
    } catch (error) {
      part.observer.failed(error);
      throw error;
    } finally {
      leave();
    }
  }

  /** Waits for this call's turn. */
  async #admit(options: SessionCallOptions, facts: Omit<CallFacts, "callId">): Promise<Admitted> {
    if (this.#isClosed) throw laneClosed(this.name);
    checkCallOptions(options);
    const { signal: caller } = options;
    acceptSignal(caller);
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(caller?.reason);
    const forget = (): void => {
      caller?.removeEventListener("abort", onAbort);
      this.#calls.delete(controller);
    };
    if (caller?.aborted) onAbort();
    else caller?.addEventListener("abort", onAbort, { once: true });
    this.#calls.add(controller);
    const part = beginPart(this.#service.line, { lane: this.name, ...facts }, controller.signal);
    try {
      if (this.#callTurns.ahead(undefined) > 0) part.observer.waits(this.#callTurns.ahead(undefined));
      await this.#callTurns.enter(undefined, controller.signal);
      return {
        part,
        signal: controller.signal,
        leave: () => {
          forget();
          this.#callTurns.leave(undefined);
        },
        cancel: () => controller.abort(new Error("the stream was left")),
      };
    } catch (error) {
      forget();
      part.observer.failed(error);
      throw error;
    }
  }

  #fallsBackOn(reason: unknown, { part }: Pick<Call, "part">): boolean {
    const { outlook } = outlookOf(reason, { carrier: "websocket", step: "handshake" });
    if (!this.#carriers.mayFallBack || outlook !== "elsewhere") return false;
    this.#carriers.fallBack(reason, part);
    return true;
  }
}

/** The provider's, with the call's own word on what is tried again. */
function limitsOf({ limits }: Service, { shouldRetry }: SessionCallOptions): ProviderLimits {
  return shouldRetry ? { ...limits, retry: { ...limits.retry, shouldRetry } } : limits;
}

function laneClosed(name: string): BuildError {
  return new BuildError(`lane ${JSON.stringify(name)} is closed, or its session is; make a new one`);
}
