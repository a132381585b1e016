import { randomUUID } from "node:crypto";
import { acceptSignal } from "../../client/abort.ts";
import { BuildError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import type { Timing } from "../../client/failure/policy.ts";
import { type Logger, steadyLogger } from "../../client/log.ts";
import { type ClientOptions, checkClientOptions } from "../endpoint-session.ts";
import { identityHeaders } from "../identity.ts";
import { type ProviderLimits, providerLimits } from "../provider.ts";
import { ResponsesClient } from "../responses/client.ts";
import { ResponseStream } from "../responses/stream.ts";
import { TurnState } from "../responses/turn-state.ts";
import { ResponsesWebsocketClient } from "../responses/websocket-client.ts";
import { RequestTurns } from "../responses/websocket-turns.ts";
import type { ResponsesRequest } from "../wire/requests.ts";
import { OncePerCallAuth } from "./auth-once.ts";
import { type Call, Carriers } from "./carriers.ts";
import { ConnectionSlot } from "./connection-slot.ts";
import { type ResponsesSessionOptions, type SessionCallOptions, sessionSettings } from "./options.ts";
import { SessionStream } from "./session-stream.ts";

/** A call that has been let in. */
interface Admitted {
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
 * `baseDelayMs`, doubling; a `restarted` event says what of the answer so far still stands. Every retry is announced through
 * `telemetry.onRetry`. An incomplete answer, a usage limit and a request that the service refuses are not tried again.
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
 *   `stream/leaving-cancels`.
 */
export class ResponsesSession implements AsyncDisposable {
  /** Sent with every request of this session. */
  readonly conversationId: string;
  readonly #options: ResponsesSessionOptions;
  readonly #limits: ProviderLimits;
  readonly #timing: Timing;
  readonly #logger: Logger;
  readonly #auth: OncePerCallAuth;
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
    checkClientOptions(options);
    const { provider, telemetry, logger, env, httpTransport } = options;
    const { transport: choice, maxConnectionAgeMs, maxFrameBytes, timing } = sessionSettings(options);
    this.#options = options;
    this.#limits = providerLimits(provider);
    this.#timing = timing;
    this.#logger = steadyLogger(logger);
    this.#auth = new OncePerCallAuth(options.auth);
    this.conversationId = options.conversationId ?? randomUUID();
    const client: ClientOptions = { provider, auth: this.#auth, telemetry, logger, env, ...timing };
    const opensWebsockets = choice === "websocket" || (choice === "auto" && (provider.supportsWebsockets ?? false));
    this.#carriers = new Carriers({
      session: options,
      conversationId: this.conversationId,
      identity: identityHeaders(options, provider.headers, env),
      http: new ResponsesClient({ ...client, transport: httpTransport }),
      slot: opensWebsockets ? new ConnectionSlot(new ResponsesWebsocketClient(client), maxConnectionAgeMs) : undefined,
      maxFrameBytes,
    });
  }

  /** What the next request goes over. Once it is `http` it stays so. */
  get transport(): "websocket" | "http" {
    return this.#carriers.transport;
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
    const turnState = this.#turnState;
    const { input } = request;
    const asked = Array.isArray(input) ? { ...request, input: [...input] } : request;
    const { signal, leave, cancel } = await this.#admit(options.signal);
    const { telemetry } = this.#options;
    const events = new SessionStream({
      carriers: this.#carriers,
      call: { request: asked, options, turnState, signal },
      limits: this.#limits,
      timing: this.#timing,
      telemetry,
      logger: this.#logger,
      onEnd: leave,
      cancel,
      keep: options.keep,
    });
    return new ResponseStream(events, await events.start()).readBy(request);
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
    await this.#prepare(options, async (call) => {
      const attempt = this.#carriers.prewarm({ ...call, request });
      if (!attempt) return;
      try {
        const stream = await attempt.open();
        const { responseId, items } = await stream.collect();
        if (responseId !== undefined) attempt.completed(responseId, items);
      } catch (error) {
        if (!attempt.isOpening || !this.#fallsBackOn(error)) throw error;
      }
    });
  }

  /** Opens the connection, and sends nothing. Does nothing over HTTP or where one is open. Throws as {@link prewarm} does. */
  async preconnect(options: Pick<SessionCallOptions, "signal" | "headers" | "traceContext"> = {}): Promise<void> {
    await this.#prepare(options, async (call) => {
      try {
        await this.#carriers.slot?.obtain(this.#carriers.connectOptions(call));
      } catch (error) {
        if (!this.#fallsBackOn(error)) throw error;
      }
    });
  }

  /** Begins a new turn: what the service said to route the requests of the last one is not sent any more. */
  startTurn(): void {
    this.#turnState = new TurnState();
  }

  /** Ends calls that run or wait with an `aborted` error and closes the connection. The session cannot be used after it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const controller of this.#calls) controller.abort(new Error("the session was closed"));
    await this.#carriers.slot?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #prepare(options: SessionCallOptions, work: (call: Omit<Call, "request">) => Promise<void>): Promise<void> {
    const turnState = this.#turnState;
    const { signal, leave } = await this.#admit(options.signal);
    try {
      await work({ options, turnState, signal });
    } finally {
      leave();
    }
  }

  /** Waits for this call's turn. */
  async #admit(caller: AbortSignal | undefined): Promise<Admitted> {
    if (this.#isClosed) throw new BuildError("the session is closed; make a new one");
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
    try {
      await this.#callTurns.enter(controller.signal);
      this.#auth.beginCall();
      return {
        signal: controller.signal,
        leave: () => {
          forget();
          this.#callTurns.leave();
        },
        cancel: () => controller.abort(new Error("the stream was left")),
      };
    } catch (error) {
      forget();
      throw error;
    }
  }

  #fallsBackOn(reason: unknown): boolean {
    const { outlook } = outlookOf(reason, { carrier: "websocket", step: "handshake" });
    if (!this.#carriers.mayFallBack || outlook !== "elsewhere") return false;
    this.#carriers.fallBack(reason);
    return true;
  }
}
