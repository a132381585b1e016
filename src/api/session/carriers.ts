import { BuildError } from "../../client/failure/kinds.ts";
import { announceRemedy } from "../../client/telemetry.ts";
import { header } from "../headers.ts";
import { type ProviderConfig, requestEncoding } from "../provider.ts";
import type { WebsocketStreamOptions } from "../responses/websocket-connection.ts";
import type { CallPart } from "../service/call.ts";
import type { TurnState } from "../service/call-options.ts";
import { turnMetadataText } from "../service/call-options.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import { type JsonObject, jsonText } from "../wire/json.ts";
import { encodeRequestInput, inputItems } from "../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest, websocketFrame } from "../wire/requests.ts";
import { type Attempt, HttpAttempt, WebsocketAttempt } from "./attempt.ts";
import type { ConnectionCall, ConnectionSlot } from "./connection-slot.ts";
import type { FullRequest, IncrementalPlan } from "./incremental.ts";
import type { SessionCallOptions, SessionOptions } from "./options.ts";

/** One call, as every attempt of it needs it. */
export interface Call {
  readonly request: ResponsesRequest;
  readonly options: SessionCallOptions;
  readonly turnState: TurnState;
  /** Ends the call: the caller's signal, or the end of the session. */
  readonly signal: AbortSignal;
  /** Who is told of it, and its credentials, over all its attempts. */
  readonly part: CallPart;
}

export interface CarriersOptions {
  readonly session: SessionOptions;
  readonly conversationId: string;
  readonly service: Service;
  /** Absent where the session opens no WebSocket. */
  readonly slot: ConnectionSlot | undefined;
  readonly maxFrameBytes: number;
}

/** What the service must find room for beside a frame as it is measured: a trace context, mainly. */
const FRAME_MARGIN_BYTES = 1024;

/** Decides how a request travels, and writes it for its carrier. A WebSocket that was given up is not tried again. */
export class Carriers {
  readonly #options: CarriersOptions;
  readonly #provider: ProviderConfig;
  #slot: ConnectionSlot | undefined;

  constructor(options: CarriersOptions) {
    this.#options = options;
    this.#provider = options.service.provider;
    this.#slot = options.slot;
  }

  get carrier(): "websocket" | "http" {
    return this.#slot ? "websocket" : "http";
  }

  get mayFallBack(): boolean {
    return this.#slot !== undefined && this.#options.session.carrier !== "websocket";
  }

  get slot(): ConnectionSlot | undefined {
    return this.#slot;
  }

  /** From now on everything goes over HTTP; says so. */
  fallBack(reason: unknown, { observer }: CallPart): void {
    this.#slot = undefined;
    announceRemedy(observer, "fallback", reason);
  }

  /**
   * The next try of a call.
   *
   * @param kept - Items that earlier tries of the same call have finished; they follow the caller's input.
   * @throws {@link BuildError} The request is none, in the background where HTTP may not be used, or too large for the WebSocket that alone was asked for.
   */
  attempt(call: Call, kept: readonly ResponseItem[]): Attempt {
    const slot = this.#slot;
    const items = [...inputItems(call.request.input), ...kept];
    if (!slot) return this.#overHttp(call, items);
    if (call.request.background === true) {
      if (this.mayFallBack) return this.#overHttp(call, items); // this one; the next goes over the WebSocket again
      throw new BuildError(
        'a response in the background goes over HTTP alone, and this session uses WebSockets alone: leave background out, or give the session carrier: "auto"',
      );
    }
    const full = this.#fullRequest(call, items);
    if (this.#fitsFrame(slot, call, full)) return this.#overWebsocket(slot, call, full);
    if (this.mayFallBack) return this.#overHttp(call, items);
    throw new BuildError(
      `the request is larger than a WebSocket message may be (${this.#options.maxFrameBytes} bytes); shorten the history or let the session use HTTP (carrier: "auto")`,
    );
  }

  /** A try that prepares the connection and the service's cache without an answer; undefined where there is nothing to prepare. */
  prewarm(call: Call): Attempt | undefined {
    const slot = this.#slot;
    if (!slot || slot.history?.isFresh === false) return undefined;
    const full = this.#fullRequest(call, inputItems(call.request.input));
    return this.#fitsFrame(slot, call, full) ? this.#overWebsocket(slot, call, full, { generate: false }) : undefined;
  }

  connection({ options, turnState, signal, part }: Omit<Call, "request">): ConnectionCall {
    const { conversationId, session } = this.#options;
    const { turnMetadata } = options;
    const headers = { ...session.headers, ...options.headers };
    return { options: { conversationId, turnMetadata, turnState, headers, signal }, part };
  }

  #fitsFrame(slot: ConnectionSlot, call: Call, request: FullRequest): boolean {
    const plan = slot.history?.plan(request) ?? { previousResponseId: undefined, items: request.items };
    const frame = websocketFrame(this.#websocketBody(request, plan), this.#streamOptions(call, plan));
    return Buffer.byteLength(jsonText(frame)) + FRAME_MARGIN_BYTES <= this.#options.maxFrameBytes;
  }

  #overWebsocket(
    slot: ConnectionSlot,
    call: Call,
    request: FullRequest,
    more: Pick<WebsocketStreamOptions, "generate"> = {},
  ): Attempt {
    return new WebsocketAttempt({
      slot,
      request,
      bodyOf: (plan) => this.#websocketBody(request, plan),
      connect: this.connection(call),
      streamOptions: (plan) => ({ ...this.#streamOptions(call, plan), ...more }),
    });
  }

  #streamOptions({ options, turnState, signal }: Call, plan: IncrementalPlan): WebsocketStreamOptions {
    const { headers: _ofConnections, turnMetadata, ...rest } = options;
    const metadata = turnMetadataText(turnMetadata);
    return {
      ...rest,
      previousResponseId: plan.previousResponseId,
      clientMetadata: metadata === undefined ? undefined : { [header.turnMetadata]: metadata },
      signal,
      turnState,
    };
  }

  #overHttp({ request, options, turnState, signal, part }: Call, items: readonly ResponseItem[]): Attempt {
    const { service, conversationId, session } = this.#options;
    const { sessionSource, compression } = session;
    const asked = this.#withCacheKey({ ...request, input: items });
    const body = encodeResponsesRequest(asked, requestEncoding(this.#provider));
    const headers = { ...session.headers, ...options.headers };
    const ofSession = { conversationId, sessionSource, compression, turnState, headers, signal };
    return new HttpAttempt(service, { body, options: { ...options, ...ofSession }, part });
  }

  /** What is compared from turn to turn: local notes, which are never sent, are not part of it. */
  #fullRequest({ request }: Call, items: readonly ResponseItem[]): FullRequest {
    const store = request.store ?? requestEncoding(this.#provider).azure;
    const fields = encodeResponsesRequest(this.#withCacheKey({ ...request, store, input: [] }));
    return { fields, items: items.filter((item) => item.type !== "ghost_snapshot") };
  }

  #withCacheKey(request: ResponsesRequest): ResponsesRequest {
    return { ...request, prompt_cache_key: request.prompt_cache_key ?? this.#options.conversationId };
  }

  /** The ids of stored items are written over HTTP alone, as in the reference. */
  #websocketBody({ fields }: FullRequest, { items }: IncrementalPlan): JsonObject {
    const ids = requestEncoding(this.#provider).itemIds;
    return { ...fields, input: encodeRequestInput(items, { ids, stored: fields.store === true }) };
  }
}
