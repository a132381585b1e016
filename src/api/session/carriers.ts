import { BuildError } from "../../client/failure/kinds.ts";
import { announceRemedy } from "../../client/observe/telemetry.ts";
import { streamOptionsOf } from "../responses/options.ts";
import type { CallScope } from "../service/call.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { CallContext } from "./call/context.ts";
import { knownHistory, wholePlan } from "./history/history.ts";
import type { ConnectionCall } from "./lanes/connections.ts";
import type { LaneSlot } from "./lanes/slot.ts";
import type { SessionOptions } from "./options.ts";
import { type OutgoingOptions, OutgoingRequest } from "./outgoing.ts";
import { HttpSending, type Sending, WebSocketSending } from "./sending.ts";

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

/** Decides over which carrier (WebSocket or HTTP) a request goes. After a fallback to HTTP no WebSocket is tried again. */
export class Carriers {
  readonly #options: CarriersOptions;

  constructor(options: CarriersOptions) {
    this.#options = options;
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
  fallBack(reason: unknown, { observer }: CallScope): void {
    this.#options.slot?.giveUp();
    announceRemedy(observer, "fallback", reason);
  }

  /**
   * How the next attempt of a call sends its request.
   *
   * @param kept - Items that earlier attempts of the same call have finished; they follow the caller's input.
   * @throws {@link BuildError} The request is invalid, or it runs in the background or is too large for a WebSocket while the session may
   *   use WebSockets only.
   */
  sending(call: CallContext, kept: readonly ResponseItem[]): Sending {
    const { slot } = this;
    const outgoing = this.#outgoing(call, { kept });
    if (!slot) return this.#overHttp(call, outgoing);
    if (call.request.background === true) {
      if (this.mayFallBack) return this.#overHttp(call, outgoing); // only this request; the next goes over the WebSocket again
      throw new BuildError(
        'a response in the background needs HTTP, and this session uses WebSockets only: leave background out, or give the session carrier: "auto"',
      );
    }
    const sending = this.#overWebSocket(slot, call, outgoing, { keep: false });
    return sending ?? this.#insteadOfTooLarge(call, outgoing);
  }

  /** Warms up the connection and the service's cache, without an answer; undefined if there is nothing to warm up. */
  warmUp(call: CallContext): Sending | undefined {
    const { slot } = this;
    if (!slot || slot.history?.isFresh === false) return undefined;
    return this.#overWebSocket(slot, call, this.#outgoing(call, { generate: false }), { keep: true });
  }

  /** @param model - The model of the request that needs the connection; none if no request is sent. */
  connectionCall(
    { options, turnState, signal, scope }: Omit<CallContext, "request">,
    model?: string | null,
  ): ConnectionCall {
    const { sessionId: conversationId, session } = this.#options;
    const { turnMetadata } = options;
    const headers = { ...session.headers, ...options.headers };
    const { frameCompression: compression } = session;
    const handshake = { conversationId, turnMetadata, turnState, headers, compression, signal };
    return { options: handshake, scope, model: model ?? undefined };
  }

  #outgoing(call: CallContext, more: Pick<OutgoingOptions, "kept" | "generate">): OutgoingRequest {
    const { service, cacheKey } = this.#options;
    return new OutgoingRequest(call, { provider: service.provider, cacheKey, ...more });
  }

  /** Undefined if a frame cannot hold the request, which is encoded for the connection that will most likely carry it. */
  #overWebSocket(
    slot: LaneSlot,
    call: CallContext,
    outgoing: OutgoingRequest,
    { keep }: { readonly keep: boolean },
  ): Sending | undefined {
    const { options, turnState, signal } = call;
    const history = knownHistory(slot.history);
    const plan =
      history?.plan(outgoing.full) ??
      wholePlan(outgoing.full, { reason: slot.isNew ? "first_request" : "new_connection" });
    const written = outgoing.frame(plan);
    if (Buffer.byteLength(written.text) > this.#maxFrameBytes) return undefined;
    return new WebSocketSending({
      slot,
      outgoing,
      written: { ...written, history },
      connectionCall: this.connectionCall(call, call.request.model),
      otherwise: () => this.#insteadOfTooLarge(call, outgoing),
      reading: { signal, turnState, ...streamOptionsOf(options), keep },
    });
  }

  /** For a request that no frame can hold: this one goes over HTTP, the next may go over the WebSocket again. */
  #insteadOfTooLarge(call: CallContext, outgoing: OutgoingRequest): Sending {
    if (this.mayFallBack) return this.#overHttp(call, outgoing);
    throw new BuildError(
      `the request is larger than a WebSocket message may be (${this.#maxFrameBytes} bytes); shorten the history or let the session use HTTP (carrier: "auto")`,
    );
  }

  /** The session's limit, or the connection's if that is lower. */
  get #maxFrameBytes(): number {
    return Math.min(this.#options.maxFrameBytes, this.slot?.maxMessageBytes ?? Number.POSITIVE_INFINITY);
  }

  #overHttp({ options, turnState, signal, scope }: CallContext, outgoing: OutgoingRequest): Sending {
    const { service, conversationId, session } = this.#options;
    const { sessionSource, compression } = session;
    const headers = { ...session.headers, ...options.headers };
    // The call keeps the items and texts of all its streams, so a single stream need not.
    const ofSession = { conversationId, sessionSource, compression, turnState, headers, signal, keep: false };
    return new HttpSending(service, { body: outgoing.httpBody(), options: { ...options, ...ofSession }, scope });
  }
}
