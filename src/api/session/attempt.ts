import { type HttpResponseCall, openHttpResponse } from "../responses/http-response.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { respondOn, type WebsocketStreamOptions } from "../responses/websocket-connection.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import type { ConnectionCall, ConnectionSlot } from "./connection-slot.ts";
import type { ConnectionHistory, FullRequest, IncrementalPlan } from "./incremental.ts";

/** One try of one request on one carrier. */
export interface Attempt {
  readonly carrier: "websocket" | "http";
  /** A connection is being opened; nothing has been sent. */
  readonly isOpening: boolean;
  /** It goes over a connection that was there before. */
  readonly wasIdle: boolean;
  /** The response goes on at the service whatever became of its stream: asking anew would make it, and its cost, twice. */
  readonly goesOn: boolean;
  open(): Promise<ResponseStream>;
  /** The response is complete, with these items of its own. */
  completed(responseId: string, items: readonly ResponseItem[]): void;
}

export class HttpAttempt implements Attempt {
  readonly carrier = "http";
  readonly isOpening = false;
  readonly wasIdle = false;
  readonly #service: Service;
  readonly #call: Omit<HttpResponseCall, "isOwnCall">;
  #stream: ResponseStream | undefined;

  constructor(service: Service, call: Omit<HttpResponseCall, "isOwnCall">) {
    this.#service = service;
    this.#call = call;
  }

  get goesOn(): boolean {
    return this.#stream?.position !== undefined;
  }

  async open(): Promise<ResponseStream> {
    this.#stream = await openHttpResponse(this.#service, { ...this.#call, isOwnCall: false });
    return this.#stream;
  }

  completed(): void {}
}

export interface WebsocketAttemptOptions {
  readonly slot: ConnectionSlot;
  readonly request: FullRequest;
  /** The body to send by a plan. */
  readonly bodyOf: (plan: IncrementalPlan) => JsonObject;
  readonly connect: ConnectionCall;
  readonly streamOptions: (plan: IncrementalPlan) => WebsocketStreamOptions;
}

export class WebsocketAttempt implements Attempt {
  readonly carrier = "websocket";
  readonly goesOn = false;
  readonly #options: WebsocketAttemptOptions;
  #history: ConnectionHistory | undefined;
  #wasIdle = false;

  constructor(options: WebsocketAttemptOptions) {
    this.#options = options;
  }

  get isOpening(): boolean {
    return this.#history === undefined;
  }

  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  async open(): Promise<ResponseStream> {
    const { slot, request, bodyOf, connect, streamOptions } = this.#options;
    const { connection, history, wasIdle } = await slot.obtain(connect);
    this.#history = history;
    this.#wasIdle = wasIdle;
    const plan = history.plan(request);
    history.sent(request, plan);
    const { observer } = connect.part;
    return respondOn(connection, { body: bodyOf(plan), options: streamOptions(plan), observer, isOwnCall: false });
  }

  completed(responseId: string, items: readonly ResponseItem[]): void {
    this.#history?.completed(responseId, items);
  }
}
