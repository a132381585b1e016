import { BuildError } from "../../client/failure/kinds.ts";
import { announceRemedy } from "../../client/observe/telemetry.ts";
import { header } from "../headers.ts";
import { type ProviderConfig, requestEncoding } from "../provider.ts";
import { streamOptionsOf } from "../responses/options.ts";
import type { WebSocketStreamOptions } from "../responses/websocket/connection.ts";
import { createFrame } from "../responses/websocket/frames.ts";
import type { CallPart } from "../service/call.ts";
import type { TurnState } from "../service/call-options.ts";
import { turnMetadataText } from "../service/call-options.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import { encodeRequestInput, inputItems } from "../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import { type Attempt, HttpAttempt, WebSocketAttempt, type WrittenFrame } from "./attempt.ts";
import { type FullRequest, type IncrementalPlan, knownHistory, wholePlan } from "./incremental.ts";
import type { ConnectionCall } from "./lanes/connections.ts";
import type { LaneSlot } from "./lanes/slot.ts";
import type { SessionCallOptions, SessionOptions } from "./options.ts";

/** One call, as every attempt of it needs it. */
export interface Call {
  readonly request: ResponsesRequest;
  /** The request is the body as it goes out: nothing is added to it, and its items stay as they are. */
  readonly isBody?: boolean | undefined;
  readonly options: SessionCallOptions;
  readonly turnState: TurnState;
  /** Ends the call: the caller's signal, or the end of the session. */
  readonly signal: AbortSignal;
  /** Who is told of it, and its credentials, over all its attempts. */
  readonly part: CallPart;
}

export interface CarriersOptions {
  readonly session: SessionOptions;
  /** Of the lane. */
  readonly conversationId: string;
  /** Of the session, whose connections lanes share. */
  readonly sessionId: string;
  /** Where a request names none. */
  readonly cacheKey: string;
  readonly service: Service;
  /** Absent where the session opens no WebSocket. */
  readonly slot: LaneSlot | undefined;
  readonly maxFrameBytes: number;
}

/** Decides how a request travels, and writes it for its carrier. A WebSocket that was given up is not tried again. */
export class Carriers {
  readonly #options: CarriersOptions;
  readonly #provider: ProviderConfig;

  constructor(options: CarriersOptions) {
    this.#options = options;
    this.#provider = options.service.provider;
  }

  get carrier(): "websocket" | "http" {
    return this.slot ? "websocket" : "http";
  }

  get mayFallBack(): boolean {
    return this.slot !== undefined && this.#options.session.carrier !== "websocket";
  }

  /** Absent once the session has fallen back. */
  get slot(): LaneSlot | undefined {
    const { slot } = this.#options;
    return slot?.isGivenUp ? undefined : slot;
  }

  /** From now on everything in this session goes over HTTP; says so. */
  fallBack(reason: unknown, { observer }: CallPart): void {
    this.#options.slot?.giveUp();
    announceRemedy(observer, "fallback", reason);
  }

  /**
   * The next try of a call.
   *
   * @param kept - Items that earlier tries of the same call have finished; they follow the caller's input.
   * @throws {@link BuildError} The request is none, in the background where HTTP may not be used, or too large for the WebSocket that alone was asked for.
   */
  attempt(call: Call, kept: readonly ResponseItem[]): Attempt {
    const { slot } = this;
    const items = [...inputItems(call.request.input), ...kept];
    if (!slot) return this.#overHttp(call, items);
    if (call.request.background === true) {
      if (this.mayFallBack) return this.#overHttp(call, items); // this one; the next goes over the WebSocket again
      throw new BuildError(
        'a response in the background goes over HTTP alone, and this session uses WebSockets alone: leave background out, or give the session carrier: "auto"',
      );
    }
    const attempt = this.#overWebSocket(slot, call, items);
    return attempt ?? this.#tooLarge(call, items);
  }

  /** One that no frame holds goes over HTTP; the next may go over the WebSocket again. */
  #tooLarge(call: Call, items: readonly ResponseItem[]): Attempt {
    if (this.mayFallBack) return this.#overHttp(call, items);
    throw new BuildError(
      `the request is larger than a WebSocket message may be (${this.#maxFrameBytes} bytes); shorten the history or let the session use HTTP (carrier: "auto")`,
    );
  }

  /** The session's own bound, or the connection's where that is lower. */
  get #maxFrameBytes(): number {
    return Math.min(this.#options.maxFrameBytes, this.slot?.maxMessageBytes ?? Number.POSITIVE_INFINITY);
  }

  /** A try that prepares the connection and the service's cache without an answer; undefined where there is nothing to prepare. */
  prewarm(call: Call): Attempt | undefined {
    const { slot } = this;
    if (!slot || slot.history?.isFresh === false) return undefined;
    return this.#overWebSocket(slot, call, inputItems(call.request.input), { generate: false, keep: true });
  }

  connection({ options, turnState, signal, part }: Omit<Call, "request">): ConnectionCall {
    const { sessionId: conversationId, session } = this.#options;
    const { turnMetadata } = options;
    const headers = { ...session.headers, ...options.headers };
    const { frameCompression: compression } = session;
    return { options: { conversationId, turnMetadata, turnState, headers, compression, signal }, part };
  }

  /** The request, written once for the connection that it will most likely go over; undefined where a frame cannot hold it. */
  #overWebSocket(
    slot: LaneSlot,
    call: Call,
    items: readonly ResponseItem[],
    more: Pick<WebSocketStreamOptions, "generate" | "keep"> = {},
  ): Attempt | undefined {
    const request = this.#fullRequest(call, items);
    const { options, turnState, signal } = call;
    const metadata = turnMetadataText(options.turnMetadata);
    const write = (plan: IncrementalPlan): WrittenFrame => ({
      plan,
      text: createFrame(this.#websocketBody(request, plan, call.isBody), {
        previousResponseId: plan.previousResponseId,
        generate: more.generate,
        clientMetadata: metadata === undefined ? undefined : { [header.turnMetadata]: metadata },
        traceContext: options.traceContext,
      }),
    });
    const history = knownHistory(slot.history);
    const written = write(
      history?.plan(request) ?? wholePlan(request, { reason: slot.isNew ? "first_request" : "new_connection" }),
    );
    if (Buffer.byteLength(written.text) > this.#maxFrameBytes) return undefined;
    return new WebSocketAttempt({
      slot,
      request,
      written: { ...written, history },
      write,
      connect: this.connection(call),
      otherwise: () => this.#tooLarge(call, items),
      // Kept by the session, over all its streams.
      reading: { signal, turnState, ...streamOptionsOf(options), keep: more.keep ?? false },
    });
  }

  #overHttp(call: Call, items: readonly ResponseItem[]): Attempt {
    const { request, options, turnState, signal, part } = call;
    const { service, conversationId, session } = this.#options;
    const { sessionSource, compression } = session;
    const asked = { ...request, input: items };
    const body = call.isBody
      ? asked
      : encodeResponsesRequest(this.#withCacheKey(asked), requestEncoding(this.#provider));
    const headers = { ...session.headers, ...options.headers };
    // The session keeps what came, over all its streams.
    const ofSession = { conversationId, sessionSource, compression, turnState, headers, signal, keep: false };
    return new HttpAttempt(service, { body, options: { ...options, ...ofSession }, part });
  }

  /** What is compared from turn to turn: local notes, which are never sent, are not part of it. */
  #fullRequest({ request, isBody }: Call, items: readonly ResponseItem[]): FullRequest {
    if (isBody) return { fields: { ...request, input: [] }, items };
    const store = request.store ?? requestEncoding(this.#provider).azure;
    const fields = encodeResponsesRequest(this.#withCacheKey({ ...request, store, input: [] }));
    return { fields, items: items.filter((item) => item.type !== "ghost_snapshot") };
  }

  #withCacheKey(request: ResponsesRequest): ResponsesRequest {
    return { ...request, prompt_cache_key: request.prompt_cache_key ?? this.#options.cacheKey };
  }

  /** The ids of stored items are written over HTTP alone, as in the reference. */
  #websocketBody({ fields }: FullRequest, { items }: IncrementalPlan, isBody = false): JsonObject {
    if (isBody) return { ...fields, input: items };
    const ids = requestEncoding(this.#provider).itemIds;
    return { ...fields, input: encodeRequestInput(items, { ids, stored: fields.store === true }) };
  }
}
