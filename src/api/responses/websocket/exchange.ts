import { LimitError } from "../../../client/failure/kinds.ts";
import { objectList } from "../../../client/object-list.ts";
import { asBuffer, decodeRawData, type RawData, rawTextOf } from "../../../client/raw-text.ts";
import { isJsonObject, parseObject } from "../../wire/json.ts";
import type { CancelReason, Carrier } from "../ending.ts";
import type { EarlierResponses } from "../events/earlier.ts";
import { fieldOf, filled } from "../events/fields.ts";
import { rowOf } from "../events/registry.ts";
import type { ResponseFlow } from "../flow.ts";
import type { LeftResponse, Steer, SteerInput } from "../source.ts";
import { DoubtfulEnd } from "./doubtful-end.ts";
import { interruptFrame } from "./frames.ts";
import { notActive, Steering } from "./steering.ts";
import type { Line } from "./turns.ts";

/** How long, in milliseconds, the service may take to end a response after it was asked to. */
const INTERRUPT_MS = 2_000;
/** How many bytes of one response may be queued while the connection is read for other responses, or for the answer to steering. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** Shows that the service has begun a response and no longer needs the one before it. */
const BEGUN = /"response\.(?:in_progress|output_item\.added)"/;
const ENDED = /"response\.(?:completed|incomplete|failed)"/;
const LOOKED_AT = 512;
const NONE: readonly RawData[] = [];

/** The connection, as seen by a response on it. */
export interface ExchangeHost {
  /** True if the service ends a response when asked to. */
  readonly supportsInterrupt: boolean;
  send(frame: string): void;
  /** The wish to pause or read the connection may have changed. */
  paced(): void;
  /** The responses that are over on a lane. */
  earlierOn(lane: Line): EarlierResponses;
  /** True if other responses on the connection are being read. */
  isShared(exchange: Exchange): boolean;
  /** The response is over. */
  over(exchange: Exchange): void;
  /** Accepts no further request. */
  retire(): void;
  /** The response continues but is not wanted: the connection is closed as soon as it is not needed for others. */
  giveUp(exchange: Exchange): void;
}

/** One request on a connection and its response: what is read of it, and what happens to the rest when its reader leaves. */
export class Exchange implements Carrier {
  readonly kind = "websocket";
  readonly lane: Line;
  readonly begun: Promise<void>;
  readonly aftermath: Promise<LeftResponse | undefined>;
  readonly #host: ExchangeHost;
  /** The responses before this one on its lane, whose events may still come. */
  readonly earlier: EarlierResponses;
  #flow: ResponseFlow | undefined;
  #isSent = false;
  #isOver = false;
  #isPaused = false;
  /** The reader has left; only the end of the response matters. */
  #isUnread = false;
  /** Under which the service was asked to end it. */
  #askedId: string | undefined;
  #finishedItems = 0;
  #tellBegun!: () => void;
  #hasBegun = false;
  #tellAftermath!: (left: LeftResponse | undefined) => void;
  /** The service did not end the response when asked to. */
  #hasFailedToAsk = false;
  /** Messages of the current network read. */
  readonly #given = objectList<RawData>();
  /** Bytes of the current network read. */
  #size = 0;
  #interruption: { readonly timer: NodeJS.Timeout; isAsked: boolean } | undefined;
  readonly #interrupted: (() => void)[] = [];
  #steering: Steering | undefined;
  readonly #end: DoubtfulEnd;

  constructor(host: ExchangeHost, lane: Line) {
    this.#host = host;
    this.lane = lane;
    this.earlier = host.earlierOn(lane);
    this.#end = new DoubtfulEnd(this.earlier, (message) => {
      this.#read(message);
      this.#took();
    });
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

  /** The request has been sent. */
  sent(): void {
    this.#isSent = true;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Its `response.created` has arrived, and no successor is expected. */
  get isCreated(): boolean {
    return this.#flow?.received.responseId !== undefined && !this.#steering?.holdsEnd;
  }

  /** Its reader has left. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** It would like the connection to be paused. */
  get isPaused(): boolean {
    return this.#isPaused && !this.#isUnread && this.#interruption === undefined && !this.#isSteered;
  }

  /** True if a refusal is about interrupting this response. */
  isRefusedBy(refusal: string): boolean {
    return this.#interruption !== undefined && this.#askedId !== undefined && refusal.includes(this.#askedId);
  }

  // Called by the connection

  /** Accepts a message of a network read, to be read with the others. Returns true for the first of them. */
  give(message: RawData): boolean {
    return this.#given.push(message) === 1;
  }

  /** Reads what it was given. Returns the messages that came after its end. */
  readGiven(): readonly RawData[] {
    const given = this.#given;
    let at = 0;
    while (at < given.length && !this.#isOver) at = this.#readFrom(given, at);
    const late = at < given.length ? given.slice(at) : NONE;
    given.length = 0;
    this.#took();
    return late;
  }

  /** The connection broke, or reading from it failed. */
  fail(cause: unknown): void {
    this.#end.release();
    if (this.#isUnread) {
      this.#host.giveUp(this);
      return;
    }
    this.#steering?.releaseEnd(); // a response that came to its end is complete, even if the connection broke afterwards
    this.#flow?.fail(cause);
  }

  /** The connection is closed. */
  gone(): void {
    this.#stop(undefined);
  }

  // Called by the flow

  pause(): void {
    this.#isPaused = true;
    this.#host.paced();
  }

  resume(): void {
    this.#isPaused = false;
    this.#host.paced();
  }

  complete(): void {
    this.#over(undefined);
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
    // A connection that probably is broken is kept only if other responses still arrive on it.
    const mayAsk = supportsInterrupt && !this.#hasFailedToAsk && (isShared || (why === "left" && this.#isSent));
    if (mayAsk) this.#beginInterruption();
    else if (!isShared || this.#hasFailedToAsk) this.#host.giveUp(this);
    else this.#settle(undefined); // closing would end the others' responses too, so this one continues unread
    this.#host.paced();
  }

  /** Asks the service to end the response. Resolves when it has ended, or the connection is closed. */
  interrupt(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (!this.#host.supportsInterrupt) {
      this.#flow?.endInterrupted();
      return Promise.resolve();
    }
    const ended = new Promise<void>((resolve) => this.#interrupted.push(resolve));
    this.#beginInterruption();
    this.#host.paced(); // a caller that awaits this inside its loop does not read meanwhile
    return ended;
  }

  /** Sends steering input. */
  steer(input: SteerInput): Promise<Steer> {
    if (this.#isOver || this.#isUnread || !this.#flow) return Promise.reject(notActive(input));
    this.#steering ??= new Steering({
      flow: this.#flow,
      earlier: this.earlier,
      send: (frame) => this.#host.send(frame),
      unanswered: () => this.#host.retire(),
    });
    const steer = this.#steering.steer(input);
    this.#host.paced();
    return steer;
  }

  /** Reads messages from index `at` on, while they can be read together. Returns the index of the first one not read. */
  #readFrom(messages: readonly RawData[], at: number): number {
    const message = messages[at] as RawData;
    if (!this.#hasBegun && this.#awaitsBeginning(message)) return at + 1;
    const flow = this.#flow;
    if (!flow || this.#isUnread || this.#interruption || this.#isSteered || !this.#hasBegun) {
      this.#read(message);
      return at + 1;
    }
    let next = at + 1;
    try {
      next = flow.readMessages(messages, at);
    } catch (error) {
      this.fail(error); // the promise that led here is not awaited
    }
    for (let each = at; each < next; each += 1) this.#size += messages[each]?.length ?? 0;
    return next;
  }

  #read(message: RawData): void {
    if (this.#isUnread) {
      this.#readForEnd(message);
      return;
    }
    this.#size += message.length;
    try {
      if (this.#isSteered && this.#steering?.takes(message)) return;
      this.#flow?.read(message);
    } catch (error) {
      this.fail(error); // the promise that led here is not awaited
    }
    this.#steering?.sendWaiting();
    if (this.#interruption && !this.#interruption.isAsked) this.#ask(this.#flow?.received.responseId);
  }

  /** All messages of a network read have been read. */
  #took(): void {
    const flow = this.#flow;
    if (this.#size === 0 || !flow) return;
    flow.took(this.#size);
    this.#size = 0;
    if (!flow.isOver && flow.backlog > MOST_WAITING_BYTES) flow.fail(readerIsTooSlow());
    if (this.#steering) this.#host.paced(); // steering may be settled now
  }

  /** True while it waits for the service's answer to steering. */
  get #isSteered(): boolean {
    return this.#steering?.isOpen ?? false;
  }

  /** The response did not end, or the service refuses to end it: close the connection. */
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

  /** Sends the request to interrupt as soon as the response's id is known. */
  #ask(responseId: string | undefined): void {
    if (responseId === undefined || !this.#interruption || this.#interruption.isAsked) return;
    this.#interruption.isAsked = true;
    this.#askedId = responseId;
    this.#host.send(interruptFrame(responseId));
  }

  #endInterruption(): void {
    clearTimeout(this.#interruption?.timer);
    this.#interruption = undefined;
  }

  /** @returns True if the message is read later; see {@link DoubtfulEnd}. */
  #awaitsBeginning(message: RawData): boolean {
    const start = typeof message === "string" ? message : rawTextOf(message.subarray(0, LOOKED_AT));
    if (!this.isCreated && (this.#end.isHeld || ENDED.test(start)) && this.#end.holds(message)) return true;
    if (this.#isOver || !BEGUN.test(start) || this.#isEarlier(message)) return false;
    this.#hasBegun = true;
    this.#tellBegun();
    return false;
  }

  /** Parses the message, which may repeat long instructions, only if that can matter. */
  #isEarlier(message: RawData): boolean {
    const mayBe = this.earlier.mayOwn(typeof message === "string" ? message : asBuffer(message));
    return mayBe && this.earlier.own(parseObject(decodeRawData(message)) ?? {});
  }

  #readForEnd(message: RawData): void {
    const event = parseObject(decodeRawData(message)) ?? {};
    if (this.earlier.own(event)) return;
    const { type, response } = event;
    const id = filled(fieldOf(response, "id"));
    if (type === "response.output_item.done") this.#finishedItems += 1;
    this.#ask(id);
    if (!rowOf(type)?.ends) return;
    const isWhole = type === "response.completed" || type === "response.incomplete";
    const left = isWhole && id !== undefined && isJsonObject(response);
    this.#over(left ? { responseId: id, finishedItems: this.#finishedItems } : undefined);
  }

  /** The service has ended the response. */
  #over(left: LeftResponse | undefined): void {
    this.#stop(left);
    this.earlier.next(this.#isUnread ? undefined : this.#flow?.nextNumber);
    this.#host.over(this);
  }

  #stop(left: LeftResponse | undefined): void {
    this.#isOver = true;
    this.#end.drop();
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
    `more than ${MOST_WAITING_BYTES} bytes of this response are queued, because its reader is slower than others on this connection: read it faster, or use a separate connection`,
    { what: "unread events", limit: MOST_WAITING_BYTES, unit: "bytes" },
  );
}
