import { BuildError } from "../../client/failure/kinds.ts";
import { announceRemedy } from "../../client/observe/telemetry.ts";
import { header } from "../headers.ts";
import { type ProviderConfig, requestEncoding } from "../provider.ts";
import { streamOptionsOf } from "../responses/options.ts";
import { createFrame } from "../responses/websocket/frames.ts";
import type { WebSocketStreamOptions } from "../responses/websocket/options.ts";
import type { CallPart } from "../service/call.ts";
import { type TurnState, turnMetadataText } from "../service/call-options.ts";
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

/** One call, with what each of its attempts needs. */
export interface Call {
  readonly request: ResponsesRequest;
  /** The request is already the body to send: nothing is added and its items are not changed. */
  readonly isBody?: boolean | undefined;
  readonly options: SessionCallOptions;
  readonly turnState: TurnState;
  /** Ends the call. Fires with the caller's signal or when the session closes. */
  readonly signal: AbortSignal;
  /** The observer and the credentials, shared by all attempts of the call. */
  readonly part: CallPart;
}

export interface CarriersOptions {
  readonly session: SessionOptions;
  /** The lane's id. */
  readonly conversationId: string;
  /** The session's id; lanes share the session's connections. */
  readonly sessionId: string;
  /** Used where a request has no `prompt_cache_key`. */
  readonly cacheKey: string;
  readonly service: Service;
  /** Undefined if the session opens no WebSocket. */
  readonly slot: LaneSlot | undefined;
  readonly maxFrameBytes: number;
}

/** Decides over which carrier (WebSocket or HTTP) a request goes, and encodes it. After a fallback to HTTP no WebSocket is tried again. */
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

  /** Undefined once the session has fallen back to HTTP. */
  get slot(): LaneSlot | undefined {
    const { slot } = this.#options;
    return slot?.isGivenUp ? undefined : slot;
  }

  /** Sends everything in this session over HTTP from now on, and announces it. */
  fallBack(reason: unknown, { observer }: CallPart): void {
    this.#options.slot?.giveUp();
    announceRemedy(observer, "fallback", reason);
  }

  /**
   * The next attempt of a call.
   *
   * @param kept - Items that earlier attempts of the same call have finished; they follow the caller's input.
   * @throws {@link BuildError} The request is invalid, or it runs in the background or is too large for a WebSocket while the session may
   *   use WebSockets only.
   */
  attempt(call: Call, kept: readonly ResponseItem[]): Attempt {
    const { slot } = this;
    const items = [...inputItems(call.request.input), ...kept];
    if (!slot) return this.#overHttp(call, items);
    if (call.request.background === true) {
      if (this.mayFallBack) return this.#overHttp(call, items); // only this request; the next goes over the WebSocket again
      throw new BuildError(
        'a response in the background needs HTTP, and this session uses WebSockets only: leave background out, or give the session carrier: "auto"',
      );
    }
    const attempt = this.#overWebSocket(slot, call, items);
    return attempt ?? this.#insteadOfTooLarge(call, items);
  }

  /** For a request that no frame can hold: this one goes over HTTP, the next may go over the WebSocket again. */
  #insteadOfTooLarge(call: Call, items: readonly ResponseItem[]): Attempt {
    if (this.mayFallBack) return this.#overHttp(call, items);
    throw new BuildError(
      `the request is larger than a WebSocket message may be (${this.#maxFrameBytes} bytes); shorten the history or let the session use HTTP (carrier: "auto")`,
    );
  }

  /** The session's limit, or the connection's if that is lower. */
  get #maxFrameBytes(): number {
    return Math.min(this.#options.maxFrameBytes, this.slot?.maxMessageBytes ?? Number.POSITIVE_INFINITY);
  }

  /** An attempt that warms up the connection and the service's cache without an answer; undefined if there is nothing to warm up. */
  prewarm(call: Call): Attempt | undefined {
    const { slot } = this;
    if (!slot || slot.history?.isFresh === false) return undefined;
    return this.#overWebSocket(slot, call, inputItems(call.request.input), { generate: false, keep: true });
  }

  /** @param model - The model of the request that needs the connection; none if no request is sent. */
  connectionCall({ options, turnState, signal, part }: Omit<Call, "request">, model?: string | null): ConnectionCall {
    const { sessionId: conversationId, session } = this.#options;
    const { turnMetadata } = options;
    const headers = { ...session.headers, ...options.headers };
    const { frameCompression: compression } = session;
    const handshake = { conversationId, turnMetadata, turnState, headers, compression, signal };
    return { options: handshake, part, model: model ?? undefined };
  }

  /** Encodes the request once, for the connection that will most likely carry it. Undefined if a frame cannot hold it. */
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
      connectionCall: this.connectionCall(call, call.request.model),
      otherwise: () => this.#insteadOfTooLarge(call, items),
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
    // The session keeps the items and texts of all its streams, so a single stream need not.
    const ofSession = { conversationId, sessionSource, compression, turnState, headers, signal, keep: false };
    return new HttpAttempt(service, { body, options: { ...options, ...ofSession }, part });
  }

  /** The fields that are compared from turn to turn. Local notes are never sent, so they are left out. */
  #fullRequest({ request, isBody }: Call, items: readonly ResponseItem[]): FullRequest {
    if (isBody) return { fields: { ...request, input: [] }, items };
    const store = request.store ?? requestEncoding(this.#provider).azure;
    const fields = encodeResponsesRequest(this.#withCacheKey({ ...request, store, input: [] }));
    return { fields, items: items.filter((item) => item.type !== "ghost_snapshot") };
  }

  #withCacheKey(request: ResponsesRequest): ResponsesRequest {
    return { ...request, prompt_cache_key: request.prompt_cache_key ?? this.#options.cacheKey };
  }

  /** Ids of stored items are sent over HTTP only, as in the Rust client. */
  #websocketBody({ fields }: FullRequest, { items }: IncrementalPlan, isBody = false): JsonObject {
    if (isBody) return { ...fields, input: items };
    const ids = requestEncoding(this.#provider).itemIds;
    return { ...fields, input: encodeRequestInput(items, { ids, stored: fields.store === true }) };
  }
}
