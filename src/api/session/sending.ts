import { BuildError } from "../../client/failure/kinds.ts";
import { unlessAborted } from "../../client/waiting/abort.ts";
import { CodexApiError } from "../refusal/kinds.ts";
import { openHttpResponse, type ResponseCall } from "../responses/http-response.ts";
import type { WholeCause } from "../responses/received/cache-use.ts";
import type { ResponseStream } from "../responses/stream.ts";
import { respondOn } from "../responses/websocket/connection.ts";
import type { WebSocketStreamOptions } from "../responses/websocket/options.ts";
import type { Service } from "../service/service.ts";
import type { ResponseItem } from "../wire/items.ts";
import { type ConnectionHistory, knownHistory } from "./history/history.ts";
import type { ConnectionCall } from "./lanes/connections.ts";
import type { LaneSlot } from "./lanes/slot.ts";
import type { OutgoingRequest, WrittenFrame } from "./outgoing.ts";

/** A request on its way over one carrier (WebSocket or HTTP), and what its connection is told of the answer. */
export interface Sending {
  readonly carrier: "websocket" | "http";
  /** True while a connection is being opened; nothing has been sent. */
  readonly isOpening: boolean;
  /** True if the request went over a connection that was already open. */
  readonly wasIdle: boolean;
  /**
   * True if the service continues the response even when its stream breaks. Sending the request again would then create, and bill, a second
   * response.
   */
  readonly isBackground: boolean;
  /** Why the whole request was sent. Undefined before it is sent, and when only the new items were sent. */
  readonly whole: WholeCause | undefined;
  open(): Promise<ResponseStream>;
  /**
   * True if a failure only means that the lane has no place on its connection: its name was refused, or the connection ended while the
   * request waited for those of other lanes. Nothing was sent, and another attempt gets another place.
   */
  lostPlace(error: unknown): boolean;
  /** A steered response ended with the items `items`; the service continues with another response, to `input`. */
  steered(responseId: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void;
  /** The response is complete; `items` are its output. */
  completed(responseId: string, items: readonly ResponseItem[]): void;
}

export class HttpSending implements Sending {
  readonly carrier = "http";
  readonly whole: WholeCause = { reason: "over_http" };
  readonly isOpening = false;
  readonly wasIdle = false;
  readonly #service: Service;
  readonly #call: Omit<ResponseCall, "isOwnCall">;
  #stream: ResponseStream | undefined;

  constructor(service: Service, call: Omit<ResponseCall, "isOwnCall">) {
    this.#service = service;
    this.#call = call;
  }

  get isBackground(): boolean {
    return this.#stream?.position !== undefined;
  }

  async open(): Promise<ResponseStream> {
    this.#stream = await openHttpResponse(this.#service, { ...this.#call, isOwnCall: false });
    return this.#stream;
  }

  lostPlace(): false {
    return false;
  }

  steered(): void {}

  completed(): void {}
}

export interface WebSocketSendingOptions {
  readonly slot: LaneSlot;
  readonly outgoing: OutgoingRequest;
  /** The frame, encoded for the connection with this history; `undefined` means for a new connection. */
  readonly written: WrittenFrame & { readonly history: ConnectionHistory | undefined };
  readonly connectionCall: ConnectionCall;
  readonly reading: WebSocketStreamOptions;
  /**
   * Makes what sends the request instead, if it is larger than the connection's server accepts. @throws {@link BuildError} HTTP may not be
   * used.
   */
  readonly otherwise: () => Sending;
}

/** The server's code for one name more than it accepts on a connection. */
const TOO_MANY_NAMES = "websocket_stream_limit_reached";

export class WebSocketSending implements Sending {
  readonly isBackground = false;
  /** What has sent the request instead. */
  #instead: Sending | undefined;
  /** Released once the request is sent, because the request may be large. */
  #options: WebSocketSendingOptions | undefined;
  #history: ConnectionHistory | undefined;
  #wasIdle = false;
  #whole: WholeCause | undefined;
  /** Tells the lane that its name was refused; undefined if it needed none. */
  #refused: (() => void) | undefined;
  /** It was not sent, on a connection that served other requests before. */
  #lostTurn = false;

  constructor(options: WebSocketSendingOptions) {
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
    if (!options) throw new BuildError("a request is sent once");
    const { slot, outgoing, written, connectionCall, reading } = options;
    const { connection, history, streamId, wasIdle } = await slot.obtain(connectionCall);
    for (let { need } = history; need; need = history.need) await unlessAborted(reading.signal, () => need);
    // The connection may have been replaced meanwhile, and a new one needs the whole request.
    const isCurrent = written.history === knownHistory(history) && history.holds(written.plan);
    const { plan, text } = isCurrent ? written : outgoing.frame(history.plan(outgoing.full));
    if (Buffer.byteLength(text) > (connection.maxMessageBytes ?? Number.POSITIVE_INFINITY)) {
      this.#instead = options.otherwise();
      return this.#instead.open();
    }
    this.#history = history;
    this.#wasIdle = wasIdle;
    this.#whole = plan.whole;
    if (streamId !== undefined) this.#refused = () => slot.refused();
    const undo = history.sent(outgoing.full, plan);
    let [waits, isSent] = [false, false];
    const opening = respondOn(connection, {
      frame: text,
      options: { ...reading, streamId },
      observer: connectionCall.scope.observer,
      isOwnCall: false,
      onWait: () => {
        waits = true;
      },
      onSend: () => {
        isSent = true;
        slot.asked();
      },
    });
    opening.catch(() => {
      if (isSent) return;
      undo(); // its turn did not come, or it was too large: the conversation is unchanged
      this.#lostTurn = waits || wasIdle;
    });
    const begun = opening.then((stream) => stream.begun);
    begun.catch(() => {}); // the caller of `open` gets the failure
    history.neededUntil(begun);
    return opening;
  }

  lostPlace(error: unknown): boolean {
    if (!CodexApiError.is(error)) return false;
    if (this.#lostTurn && error.kind === "stream") return true;
    if (!this.#refused || !("code" in error) || error.code !== TOO_MANY_NAMES) return false;
    this.#refused();
    return true;
  }

  steered(responseId: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void {
    this.#history?.steered(responseId, items, input);
  }

  completed(responseId: string, items: readonly ResponseItem[]): void {
    this.#history?.completed(responseId, items);
  }
}
