import { randomUUID } from "node:crypto";
import { BuildError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import { acceptSignal } from "../../client/waiting/abort.ts";
import type { ProviderLimits } from "../provider.ts";
import { ResponseStream } from "../responses/stream.ts";
import { watched } from "../responses/watched.ts";
import { connectResponses } from "../responses/websocket/client.ts";
import { RequestTurns } from "../responses/websocket/turns.ts";
import { beginPart, type CallPart } from "../service/call.ts";
import { TurnState } from "../service/call-options.ts";
import { chooseLine } from "../service/client.ts";
import type { CallFacts } from "../service/observer.ts";
import type { Service } from "../service/service.ts";
import type { ResponsesRequest } from "../wire/requests.ts";
import { type Call, Carriers } from "./carriers.ts";
import { type ConnectionCall, ConnectionSlot } from "./connection-slot.ts";
import {
  checkCallOptions,
  checkSessionClientOptions,
  type ResponsesSessionOptions,
  type SessionCallOptions,
  sessionSettings,
} from "./options.ts";
import { SessionStream } from "./session-stream.ts";

/** A call that has been let in. */
interface Admitted {
  readonly part: CallPart;
  readonly signal: AbortSignal;
  /** Lets the next call in; once. */
  leave(): void;
  cancel(): void;
}

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
 * Calls are answered one at a time in the order they were made: a second one waits until the first stream has ended or was left.
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
  readonly #carriers: Carriers;
  readonly #callTurns = new RequestTurns();
  readonly #calls = new Set<AbortController>();
  #turnState = new TurnState();
  #isClosed = false;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or a name among the options, a proxy setting or the originator is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: ResponsesSessionOptions) {
    const { carrier, maxConnectionAgeMs, maxFrameBytes } = sessionSettings(options);
    const { service, isOwn } = chooseLine(options, checkSessionClientOptions);
    this.#service = service;
    this.#ownsService = isOwn;
    this.conversationId = options.conversationId ?? randomUUID();
    const opensWebSockets =
      carrier === "websocket" || (carrier === "auto" && (service.provider.supportsWebSockets ?? false));
    const connect = ({ options, part }: ConnectionCall) => connectResponses(service, options, part);
    this.#carriers = new Carriers({
      session: options,
      conversationId: this.conversationId,
      service,
      slot: opensWebSockets ? new ConnectionSlot(connect, maxConnectionAgeMs) : undefined,
      maxFrameBytes,
    });
  }

  /** What the next request goes over. Once it is `http` it stays so. */
  get carrier(): "websocket" | "http" {
    return this.#carriers.carrier;
  }

  /**
   * Sends a full request, or what of it is new, and resolves when its stream is open.
   *
   * @param request - As for `ResponsesClient`; `input` is the whole history, the items of earlier answers as they were received (their ids
   *   included, or the request goes out as a whole). What the list holds now is what counts: it may grow while the answer comes.
   * @returns Ends after `completed`. Leaving it early closes the connection, and the next request goes out as a whole.
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
    await this.#prepare(options, "responses.prewarm", async (call) => {
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
    await this.#prepare(options, "responses.connect", async (call) => {
      try {
        await this.#carriers.slot?.obtain(this.#carriers.connection(call));
      } catch (error) {
        if (!this.#fallsBackOn(error, call)) throw error;
      }
    });
  }

  /** Begins a new turn: what the service said to route the requests of the last one is not sent any more. */
  startTurn(): void {
    this.#turnState = new TurnState();
  }

  /**
   * Ends calls that run or wait with an `aborted` error and closes the connection, and with it whatever else the session opened for itself. It cannot
   * be used after that.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const controller of this.#calls) controller.abort(new Error("the session was closed"));
    await this.#carriers.slot?.close();
    if (this.#ownsService) await this.#service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #prepare(
    options: SessionCallOptions,
    endpoint: string,
    work: (call: Omit<Call, "request">) => Promise<void>,
  ): Promise<void> {
    const turnState = this.#turnState;
    const { part, signal, leave } = await this.#admit(options, { endpoint });
    try {
      await work({ options, turnState, signal, part });
      part.observer.ended("completed");
    } catch (error) {
      part.observer.failed(error);
      throw error;
    } finally {
      leave();
    }
  }

  /** Waits for this call's turn. */
  async #admit(options: SessionCallOptions, facts: Omit<CallFacts, "callId">): Promise<Admitted> {
    if (this.#isClosed) throw new BuildError("the session is closed; make a new one");
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
    const part = beginPart(this.#service.line, { lane: this.conversationId, ...facts }, controller.signal);
    try {
      if (this.#callTurns.ahead > 0) part.observer.waits(this.#callTurns.ahead);
      await this.#callTurns.enter(controller.signal);
      return {
        part,
        signal: controller.signal,
        leave: () => {
          forget();
          this.#callTurns.leave();
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
