import { BuildError } from "../../client/failure/kinds.ts";
import { unlessAborted } from "../../client/waiting/abort.ts";
import { type HttpResponseCall, openHttpResponse } from "../responses/http-response.ts";
import type { WholeCause } from "../responses/received/cache-use.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { respondOn, type WebSocketStreamOptions } from "../responses/websocket/connection.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import { type ConnectionHistory, type FullRequest, type IncrementalPlan, knownHistory } from "./incremental.ts";
import type { ConnectionCall } from "./lanes/connections.ts";
import type { LaneSlot } from "./lanes/slot.ts";

/** One try of one request on one carrier. */
export interface Attempt {
  readonly carrier: "websocket" | "http";
  /** A connection is being opened; nothing has been sent. */
  readonly isOpening: boolean;
  /** It goes over a connection that was there before. */
  readonly wasIdle: boolean;
  /** The response goes on at the service whatever became of its stream: asking anew would make it, and its cost, twice. */
  readonly goesOn: boolean;
  /** Why all of the request was sent; undefined where only what is new of it was, and before it is sent. */
  readonly whole: WholeCause | undefined;
  open(): Promise<ResponseStream>;
  /** The response ended with these items of its own, and another one goes on with this input. */
  steered(responseId: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void;
  /** The response is complete, with these items of its own. */
  completed(responseId: string, items: readonly ResponseItem[]): void;
}

export class HttpAttempt implements Attempt {
  readonly carrier = "http";
  readonly whole: WholeCause = { reason: "over_http" };
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

  steered(): void {}

  completed(): void {}
}

/** A request as it goes out over a WebSocket, written once. */
export interface WrittenFrame {
  readonly plan: IncrementalPlan;
  readonly text: string;
}

export interface WebSocketAttemptOptions {
  readonly slot: LaneSlot;
  readonly request: FullRequest;
  /** As it was written for the connection with this history; undefined: for a new one. */
  readonly written: WrittenFrame & { readonly history: ConnectionHistory | undefined };
  /** Writes it anew, where that connection is gone by the time it is needed. */
  readonly write: (plan: IncrementalPlan) => WrittenFrame;
  readonly connect: ConnectionCall;
  readonly reading: WebSocketStreamOptions;
  /** In its place, where the connection takes no message as large as it. @throws {@link BuildError} Nothing may take it. */
  readonly otherwise: () => Attempt;
}

export class WebSocketAttempt implements Attempt {
  readonly goesOn = false;
  /** What goes in its place. */
  #instead: Attempt | undefined;
  /** Until it is out: the request may be large. */
  #options: WebSocketAttemptOptions | undefined;
  #history: ConnectionHistory | undefined;
  #wasIdle = false;
  #whole: WholeCause | undefined;

  constructor(options: WebSocketAttemptOptions) {
    this.#options = options;
  }

  get carrier(): "websocket" | "http" {
    return this.#instead?.carrier ?? "websocket";
  }

  get isOpening(): boolean {
    return this.#history === undefined && !this.#instead;
  }

  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  get whole(): WholeCause | undefined {
    return this.#instead ? this.#instead.whole : this.#whole;
  }

  async open(): Promise<ResponseStream> {
    const options = this.#options;
    this.#options = undefined;
    if (!options) throw new BuildError("an attempt is opened once");
    const { slot, request, written, write, connect, reading } = options;
    const { connection, history, streamId, wasIdle } = await slot.obtain(connect);
    await unlessAborted(reading.signal, () => history.unneeded());
    // The connection may have died meanwhile, and another one wants all of it.
    const isCurrent = written.history === knownHistory(history) && history.holds(written.plan);
    const { plan, text } = isCurrent ? written : write(history.plan(request));
    if (Buffer.byteLength(text) > (connection.maxMessageBytes ?? Number.POSITIVE_INFINITY)) {
      this.#instead = options.otherwise();
      return this.#instead.open();
    }
    this.#history = history;
    this.#wasIdle = wasIdle;
    this.#whole = plan.whole;
    history.sent(request, plan);
    slot.asked();
    const { observer } = connect.part;
    const opening = respondOn(connection, {
      frame: text,
      options: { ...reading, streamId },
      observer,
      isOwnCall: false,
    });
    const begun = opening.then((stream) => stream.begun);
    begun.catch(() => {}); // a request that does not go out is told to its caller
    history.neededUntil(begun);
    return opening;
  }

  steered(responseId: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void {
    this.#history?.steered(responseId, items, input);
  }

  completed(responseId: string, items: readonly ResponseItem[]): void {
    if (this.#instead) this.#instead.completed(responseId, items);
    else this.#history?.completed(responseId, items);
  }
}
