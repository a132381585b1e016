import { header } from "../headers.ts";
import { type ProviderConfig, requestEncoding } from "../provider.ts";
import { createFrame } from "../responses/websocket/frames.ts";
import { turnMetadataText } from "../service/call-options.ts";
import type { ResponseItem } from "../wire/items.ts";
import { fromCaller, type JsonObject } from "../wire/json.ts";
import { encodeRequestInput, inputItems } from "../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import type { CallContext } from "./call/context.ts";
import type { FullRequest, IncrementalPlan } from "./history/history.ts";

/** A request encoded as a WebSocket frame. */
export interface WrittenFrame {
  readonly plan: IncrementalPlan;
  readonly text: string;
}

export interface OutgoingOptions {
  readonly provider: ProviderConfig;
  /** Used where the request has no `prompt_cache_key`. */
  readonly cacheKey: string;
  /** Items that earlier attempts of the call have finished; they follow the caller's input. */
  readonly kept?: readonly ResponseItem[];
  /** `false` asks for no answer: the service only prepares itself. */
  readonly generate?: false;
}

/** The request of a call as one attempt sends it, on either carrier. */
export class OutgoingRequest {
  readonly #call: CallContext;
  readonly #options: OutgoingOptions;
  readonly #items: readonly ResponseItem[];
  #full: FullRequest | undefined;

  constructor(call: CallContext, options: OutgoingOptions) {
    this.#call = call;
    this.#options = options;
    this.#items = [...inputItems(call.request.input), ...(options.kept ?? [])];
  }

  /** The body over HTTP, which always has the whole input. */
  httpBody(): unknown {
    const { request, isBody } = this.#call;
    const whole = { ...request, input: this.#items };
    return isBody ? whole : encodeResponsesRequest(this.#withCacheKey(whole), requestEncoding(this.#options.provider));
  }

  /** What is compared with the history of a connection. Local notes are never sent, so they are left out. */
  get full(): FullRequest {
    this.#full ??= this.#call.isBody
      ? { fields: { ...this.#call.request, input: [] }, items: this.#items }
      : this.#encoded();
    return this.#full;
  }

  /** The frame that a connection gets, with the items of `plan`. */
  frame(plan: IncrementalPlan): WrittenFrame {
    const { turnMetadata, traceContext } = this.#call.options;
    const metadata = turnMetadataText(turnMetadata);
    const text = createFrame(this.#frameBody(plan), {
      previousResponseId: plan.previousResponseId,
      generate: this.#options.generate,
      clientMetadata: metadata === undefined ? undefined : { [header.turnMetadata]: metadata },
      traceContext,
    });
    return { plan, text };
  }

  #encoded(): FullRequest {
    const { request } = this.#call;
    const store = request.store ?? requestEncoding(this.#options.provider).azure;
    const encoded = encodeResponsesRequest(this.#withCacheKey({ ...request, store, input: [] }));
    return {
      fields: { ...encoded, input: [] },
      items: fromCaller(() => this.#items.filter((item) => item.type !== "ghost_snapshot")),
    };
  }

  /** Ids of stored items are sent over HTTP only, as in the Rust client. */
  #frameBody({ items }: IncrementalPlan): JsonObject {
    const { fields } = this.full;
    if (this.#call.isBody) return { ...fields, input: items };
    const ids = requestEncoding(this.#options.provider).itemIds;
    return { ...fields, input: encodeRequestInput(items, { ids, stored: fields.store === true }) };
  }

  #withCacheKey(request: ResponsesRequest): ResponsesRequest {
    return { ...request, prompt_cache_key: request.prompt_cache_key ?? this.#options.cacheKey };
  }
}
