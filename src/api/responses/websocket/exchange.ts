import { LimitError } from "../../../client/failure/kinds.ts";
import { decodeRawData, type RawData, rawTextOf } from "../../../client/raw-text.ts";
import { isJsonObject, parseObject } from "../../wire/json.ts";
import type { CancelReason, Carrier } from "../ending.ts";
import { fieldOf, filled } from "../events/fields.ts";
import { rowOf } from "../events/registry.ts";
import type { ResponseFlow } from "../flow.ts";
import type { LeftResponse, Steer, SteerInput } from "../source.ts";
import { interruptFrame } from "./frames.ts";
import { notActive, Steering } from "./steering.ts";
import type { Line } from "./turns.ts";

/** How long the service may take to end a response that it was asked to end. */
const INTERRUPT_MS = 2_000;
/** What may wait for the reader of one response while the connection is read on for others, or for an answer to what was said into it. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** What the service says when it works on a response: then it needs the one before it no more. */
const BEGUN = /"response\.(?:in_progress|output_item\.added)"/;
const LOOKED_AT = 512;

/** The connection, as a response on it sees it. */
export interface ExchangeHost {
  /** Whether the service ends a response when it is asked to. */
  readonly supportsInterrupt: boolean;
  send(frame: string): void;
  /** Somebody wants the connection read on, or not. */
  paced(): void;
  /** Does somebody read other responses on it? */
  isShared(exchange: Exchange): boolean;
  /** The response is over. */
  over(exchange: Exchange): void;
  /** Takes no further request. */
  retire(): void;
  /** The response goes on and nobody wants it: the connection is given up, as soon as nobody else needs it. */
  giveUp(exchange: Exchange): void;
}

/** A request on a connection and its response: what of it is read, and what happens to the rest when its reader leaves. */
export class Exchange implements Carrier {
  readonly kind = "websocket";
  readonly lane: Line;
  readonly begun: Promise<void>;
  readonly aftermath: Promise<LeftResponse | undefined>;
  readonly #host: ExchangeHost;
  #flow: ResponseFlow | undefined;
  #isSent = false;
  #isOver = false;
  #isPaused = false;
  /** Nobody reads it any more; what comes is looked at for the end alone. */
  #isUnread = false;
  #responseId: string | undefined;
  #finishedItems = 0;
  #tellBegun!: () => void;
  #hasBegun = false;
  #tellAftermath!: (left: LeftResponse | undefined) => void;
  /** The service did not end it when it was asked to. */
  #hasFailedToAsk = false;
  /** What came in one go. */
  #size = 0;
  #interruption: { readonly timer: NodeJS.Timeout; isAsked: boolean } | undefined;
  readonly #interrupted: (() => void)[] = [];
  #steering: Steering | undefined;

  constructor(host: ExchangeHost, lane: Line) {
    this.#host = host;
    this.lane = lane;
    this.begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
    this.aftermath = new Promise((resolve) => {
      this.#tellAftermath = resolve;
    });
  }

  carries(flow: ResponseFlow): void {
    this.#flow = flow;
  }

  /** The request is out. */
  sent(): void {
    this.#isSent = true;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Its `response.created` is in, and none of a successor is waited for. */
  get isCreated(): boolean {
    return this.#flow?.received.responseId !== undefined && !this.#steering?.holdsEnd;
  }

  /** Its reader has left. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** Would rather have the connection paused. */
  get isPaused(): boolean {
    return this.#isPaused && !this.#isUnread && this.#interruption === undefined && !this.#isSteered;
  }

  /** Is it the interruption of this response that a refusal speaks of? */
  isRefusedBy(refusal: string): boolean {
    return this.#interruption !== undefined && this.#responseId !== undefined && refusal.includes(this.#responseId);
  }

  // What the connection brings

  read(message: RawData): void {
    if (!this.#hasBegun) this.#noteBeginning(message);
    if (this.#isUnread) {
      this.#readForEnd(message);
      return;
    }
    this.#size += message.length;
    try {
      if (this.#isSteered && this.#steering?.takes(message)) return;
      this.#flow?.read(message);
    } catch (error) {
      this.fail(error); // nobody listens to the promise that called
    }
    this.#steering?.sendWaiting();
    if (this.#interruption && !this.#interruption.isAsked) this.#ask(this.#flow?.received.responseId);
  }

  /** Messages, from number `at` on, as far as they can be read together; returns the number of the first one that was left. */
  readMessages(messages: readonly RawData[], at: number): number {
    const flow = this.#flow;
    if (!flow || this.#isUnread || this.#interruption || this.#isSteered || !this.#hasBegun) {
      this.read(messages[at] as RawData);
      return at + 1;
    }
    let next = at + 1;
    try {
      next = flow.readMessages(messages, at);
    } catch (error) {
      this.fail(error); // nobody listens to the promise that called
    }
    for (let each = at; each < next; each += 1) this.#size += messages[each]?.length ?? 0;
    return next;
  }

  /** What belongs together has been read. */
  took(): void {
    const flow = this.#flow;
    if (this.#size === 0 || !flow) return;
    flow.took(this.#size);
    this.#size = 0;
    if (!flow.isOver && flow.backlog > MOST_WAITING_BYTES) flow.fail(readerIsTooSlow());
    if (this.#steering) this.#host.paced(); // it may be that nothing is open any more
  }

  /** Reading it broke, or its connection. */
  fail(cause: unknown): void {
    if (this.#isUnread) {
      this.#host.giveUp(this);
      return;
    }
    this.#steering?.releaseEnd(); // an answer that came to its end is whole, whatever broke behind it
    this.#flow?.fail(cause);
  }

  /** The connection is gone. */
  gone(): void {
    this.#stop(undefined);
  }

  // What the flow asks for

  pause(): void {
    this.#isPaused = true;
    this.#host.paced();
  }

  resume(): void {
    this.#isPaused = false;
    this.#host.paced();
  }

  complete(): void {
    this.#stop(undefined);
    this.#host.over(this);
  }

  cancel(why: CancelReason = "left"): void {
    const { supportsInterrupt } = this.#host;
    const isShared = this.#host.isShared(this);
    if (why === "refused" && isShared) {
      this.complete();
      return;
    }
    this.#isUnread = true;
    this.#steering?.end();
    this.#finishedItems = this.#flow?.received.finishedItems ?? 0;
    // A connection that is broken for all we know is kept only for those who still hear from it.
    const mayAsk = supportsInterrupt && !this.#hasFailedToAsk && (isShared || (why === "left" && this.#isSent));
    if (mayAsk) this.#beginInterruption();
    else if (!isShared || this.#hasFailedToAsk) this.#host.giveUp(this);
    else this.#settle(undefined); // to close it would end the others' responses too: this one goes on unread
    this.#host.paced();
  }

  /** Asks the service to end the response; resolves when it has ended, or the connection is given up. */
  interrupt(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (!this.#host.supportsInterrupt) {
      this.#flow?.endInterrupted();
      return Promise.resolve();
    }
    const ended = new Promise<void>((resolve) => this.#interrupted.push(resolve));
    this.#beginInterruption();
    this.#host.paced(); // whoever waits for the end inside a loop does not read
    return ended;
  }

  /** Says something into the response. */
  steer(input: SteerInput): Promise<Steer> {
    if (this.#isOver || this.#isUnread || !this.#flow) return Promise.reject(notActive(input));
    this.#steering ??= new Steering({
      flow: this.#flow,
      send: (frame) => this.#host.send(frame),
      unanswered: () => this.#host.retire(),
    });
    const steer = this.#steering.steer(input);
    this.#host.paced();
    return steer;
  }

  /** Does it wait for the service's word on what was said? */
  get #isSteered(): boolean {
    return this.#steering?.isOpen ?? false;
  }

  /** No end came, or the service refuses: what is left is closing. */
  readonly interruptionFailed = (): void => {
    this.#endInterruption();
    this.#hasFailedToAsk = true;
    if (this.#isUnread) this.#host.giveUp(this);
    else this.#flow?.endInterrupted();
    this.#settle(undefined);
  };

  #beginInterruption(): void {
    if (this.#interruption) return;
    this.#interruption = { timer: setTimeout(this.interruptionFailed, INTERRUPT_MS).unref(), isAsked: false };
    this.#ask(this.#flow?.received.responseId);
  }

  /** As soon as it is known what the response is called. */
  #ask(responseId: string | undefined): void {
    if (responseId === undefined || !this.#interruption || this.#interruption.isAsked) return;
    this.#interruption.isAsked = true;
    this.#responseId = responseId;
    this.#host.send(interruptFrame(responseId));
  }

  #endInterruption(): void {
    clearTimeout(this.#interruption?.timer);
    this.#interruption = undefined;
  }

  #noteBeginning(message: RawData): void {
    const start = typeof message === "string" ? message : rawTextOf(message.subarray(0, LOOKED_AT));
    this.#hasBegun = BEGUN.test(start);
    if (this.#hasBegun) this.#tellBegun();
  }

  #readForEnd(message: RawData): void {
    const event = parseObject(decodeRawData(message));
    const { type, response } = event ?? {};
    const id = filled(fieldOf(response, "id"));
    if (type === "response.output_item.done") this.#finishedItems += 1;
    this.#ask(id);
    if (!rowOf(type)?.ends) return;
    const isWhole = type === "response.completed" || type === "response.incomplete";
    const left = isWhole && id !== undefined && isJsonObject(response);
    this.#stop(left ? { responseId: id, finishedItems: this.#finishedItems } : undefined);
    this.#host.over(this);
  }

  #stop(left: LeftResponse | undefined): void {
    this.#isOver = true;
    this.#steering?.end();
    this.#endInterruption();
    this.#settle(left);
  }

  #settle(left: LeftResponse | undefined): void {
    this.#tellBegun();
    this.#tellAftermath(left);
    for (const resolve of this.#interrupted.splice(0)) resolve();
  }
}

function readerIsTooSlow(): LimitError {
  return new LimitError(
    `more than ${MOST_WAITING_BYTES} bytes of this response wait for its reader, while the connection is read on for others: read it faster, or give it a connection of its own`,
    { what: "unread events", limit: MOST_WAITING_BYTES, unit: "bytes" },
  );
}
