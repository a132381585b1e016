import { BuildError } from "../../client/failure/kinds.ts";
import { type HttpResponseCall, openHttpResponse } from "../responses/http-response.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { respondOn, type WebSocketStreamOptions } from "../responses/websocket/connection.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { ConnectionCall, ConnectionSlot } from "./connection-slot.ts";
import { type ConnectionHistory, type FullRequest, type IncrementalPlan, knownHistory } from "./incremental.ts";

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

/** A request as it goes out over a WebSocket, written once. */
export interface WrittenFrame {
  readonly plan: IncrementalPlan;
  readonly text: string;
}

export interface WebSocketAttemptOptions {
  readonly slot: ConnectionSlot;
  readonly request: FullRequest;
  /** As it was written for the connection with this history; undefined: for a new one. */
  readonly written: WrittenFrame & { readonly history: ConnectionHistory | undefined };
  /** Writes it anew, where that connection is gone by the time it is needed. */
  readonly write: (plan: IncrementalPlan) => WrittenFrame;
  readonly connect: ConnectionCall;
  readonly reading: WebSocketStreamOptions;
}

export class WebSocketAttempt implements Attempt {
  readonly carrier = "websocket";
  readonly goesOn = false;
  /** Until it is out: the request may be large. */
  #options: WebSocketAttemptOptions | undefined;
  #history: ConnectionHistory | undefined;
  #wasIdle = false;

  constructor(options: WebSocketAttemptOptions) {
    this.#options = options;
  }

  get isOpening(): boolean {
    return this.#history === undefined;
  }

  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  async open(): Promise<ResponseStream> {
    const options = this.#options;
    this.#options = undefined;
    if (!options) throw new BuildError("an attempt is opened once");
    const { slot, request, written, write, connect, reading } = options;
    const { connection, history, wasIdle } = await slot.obtain(connect);
    this.#history = history;
    this.#wasIdle = wasIdle;
    // The connection may have died meanwhile, and another one wants all of it.
    const { plan, text } = written.history === knownHistory(history) ? written : write(history.plan(request));
    history.sent(request, plan);
    const { observer } = connect.part;
    return respondOn(connection, { frame: text, options: reading, observer, isOwnCall: false });
  }

  completed(responseId: string, items: readonly ResponseItem[]): void {
    this.#history?.completed(responseId, items);
  }
}
