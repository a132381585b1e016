import { BuildError } from "../../client/failure/kinds.ts";
import type { HeaderInit } from "../../client/headers.ts";
import { announceRemedy } from "../../client/telemetry.ts";
import { header } from "../headers.ts";
import { type IdentityHeaders, turnMetadataHeader, turnMetadataText } from "../identity.ts";
import { isAzure, type ProviderConfig } from "../provider.ts";
import type { ResponsesClient } from "../responses/client.ts";
import { streamOptionsOf } from "../responses/stream-options.ts";
import type { TurnState } from "../responses/turn-state.ts";
import type { WebsocketConnectOptions } from "../responses/websocket-client.ts";
import { frameText, type WebsocketStreamOptions } from "../responses/websocket-connection.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import { encodeRequestInput, inputItems } from "../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import { type Attempt, HttpAttempt, WebsocketAttempt, type WrittenFrame } from "./attempt.ts";
import type { ConnectionSlot } from "./connection-slot.ts";
import { type FullRequest, type IncrementalPlan, knownHistory, wholePlan } from "./incremental.ts";
import type { ResponsesSessionOptions, SessionCallOptions } from "./options.ts";

/** One call, as every attempt of it needs it. */
export interface Call {
  readonly request: ResponsesRequest;
  readonly options: SessionCallOptions;
  readonly turnState: TurnState;
  /** Ends the call: the caller's signal, or the end of the session. */
  readonly signal: AbortSignal;
}

export interface CarriersOptions {
  readonly session: ResponsesSessionOptions;
  readonly conversationId: string;
  readonly identity: IdentityHeaders;
  readonly http: ResponsesClient;
  /** Absent where the session opens no WebSocket. */
  readonly slot: ConnectionSlot | undefined;
  readonly maxFrameBytes: number;
}

/** Decides how a request travels, and writes it for its carrier. A WebSocket that was given up is not tried again. */
export class Carriers {
  readonly #options: CarriersOptions;
  readonly #provider: ProviderConfig;
  #slot: ConnectionSlot | undefined;

  constructor(options: CarriersOptions) {
    this.#options = options;
    this.#provider = options.session.provider;
    this.#slot = options.slot;
  }

  get transport(): "websocket" | "http" {
    return this.#slot ? "websocket" : "http";
  }

  get mayFallBack(): boolean {
    return this.#slot !== undefined && this.#options.session.transport !== "websocket";
  }

  get slot(): ConnectionSlot | undefined {
    return this.#slot;
  }

  /** From now on everything goes over HTTP; says so. */
  fallBack(reason: unknown): void {
    this.#slot = undefined;
    announceRemedy(this.#options.session, "fallback", reason);
  }

  /**
   * The next try of a call.
   *
   * @param kept - Items that earlier tries of the same call have finished; they follow the caller's input.
   * @throws {@link BuildError} The request is none, or too large for the WebSocket that alone was asked for.
   */
  attempt(call: Call, kept: readonly ResponseItem[]): Attempt {
    const slot = this.#slot;
    const items = [...inputItems(call.request.input), ...kept];
    if (!slot) return this.#overHttp(call, items);
    const attempt = this.#overWebsocket(slot, call, items);
    if (attempt) return attempt;
    if (this.mayFallBack) return this.#overHttp(call, items);
    throw new BuildError(
      `the request is larger than a WebSocket message may be (${this.#options.maxFrameBytes} bytes); shorten the history or let the session use HTTP (transport: "auto")`,
    );
  }

  /** A try that prepares the connection and the service's cache without an answer; undefined where there is nothing to prepare. */
  prewarm(call: Call): Attempt | undefined {
    const slot = this.#slot;
    if (!slot || slot.history?.isFresh === false) return undefined;
    return this.#overWebsocket(slot, call, inputItems(call.request.input), { generate: false, keep: true });
  }

  connectOptions(call: Omit<Call, "request">): WebsocketConnectOptions {
    const { identity, conversationId, session } = this.#options;
    const { options, turnState, signal } = call;
    return {
      conversationId,
      headers: {
        ...identity.websocket,
        ...turnMetadataHeader(turnMetadataText(options.turnMetadata)),
        ...session.headers,
        ...options.headers,
      },
      turnState,
      signal,
    };
  }

  /** The request, written once for the connection that it will most likely go over; undefined where a frame cannot hold it. */
  #overWebsocket(
    slot: ConnectionSlot,
    call: Call,
    items: readonly ResponseItem[],
    more: Pick<WebsocketStreamOptions, "generate" | "keep"> = {},
  ): Attempt | undefined {
    const request = this.#fullRequest(call, items);
    const { options, turnState, signal } = call;
    const metadata = turnMetadataText(options.turnMetadata);
    const write = (plan: IncrementalPlan): WrittenFrame => ({
      plan,
      text: frameText(websocketBody(request, plan), {
        previousResponseId: plan.previousResponseId,
        generate: more.generate,
        clientMetadata: metadata === undefined ? undefined : { [header.turnMetadata]: metadata },
        traceContext: options.traceContext,
      }),
    });
    const history = knownHistory(slot.history);
    const written = write(history?.plan(request) ?? wholePlan(request));
    if (Buffer.byteLength(written.text) > this.#options.maxFrameBytes) return undefined;
    return new WebsocketAttempt({
      slot,
      request,
      written: { ...written, history },
      write,
      connect: this.connectOptions(call),
      // Kept by the session, over all its streams.
      reading: { signal, turnState, ...streamOptionsOf(options), keep: more.keep ?? false },
    });
  }

  #overHttp({ request, options, turnState, signal }: Call, items: readonly ResponseItem[]): Attempt {
    const { http, identity, conversationId, session } = this.#options;
    const body = encodeResponsesRequest(this.#withCacheKey({ ...request, input: items }), {
      azure: isAzure(this.#provider),
    });
    const headers: HeaderInit = {
      ...identity.http,
      ...turnMetadataHeader(turnMetadataText(options.turnMetadata)),
      ...session.headers,
      ...options.headers,
    };
    return new HttpAttempt(http, body, {
      conversationId,
      sessionSource: session.sessionSource,
      headers,
      compression: session.compression,
      turnState,
      signal,
      traceContext: options.traceContext,
      ...streamOptionsOf(options),
      keep: false, // the session keeps, over all its streams
    });
  }

  /** What is compared from turn to turn: local notes, which are never sent, are not part of it. */
  #fullRequest({ request }: Call, items: readonly ResponseItem[]): FullRequest {
    const store = request.store ?? isAzure(this.#provider);
    const fields = encodeResponsesRequest(this.#withCacheKey({ ...request, store, input: [] }));
    return { fields, items: items.filter((item) => item.type !== "ghost_snapshot") };
  }

  #withCacheKey(request: ResponsesRequest): ResponsesRequest {
    return { ...request, prompt_cache_key: request.prompt_cache_key ?? this.#options.conversationId };
  }
}

/** Item ids are written over HTTP alone, as in the reference. */
function websocketBody({ fields }: FullRequest, { items }: IncrementalPlan): JsonObject {
  return { ...fields, input: encodeRequestInput(items) };
}
