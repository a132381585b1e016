import { LimitError } from "../../../client/failure/kinds.ts";
import { empty, objectList } from "../../../client/object-list.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import { idIn } from "../../wire/json.ts";
import type { CancelReason, Carrier } from "../ending.ts";
import type { EarlierResponses } from "../events/earlier.ts";
import { parseWireEvent } from "../events/parse.ts";
import type { ResponseFlow } from "../flow.ts";
import type { LeftResponse, Steer, SteerInput } from "../source.ts";
import { Beginning, type BeginningHost } from "./beginning.ts";
import { Interruption } from "./interruption.ts";
import { notActive, Steering } from "./steering.ts";
import type { LaneName } from "./turns.ts";
import { UnreadRest } from "./unread-rest.ts";

/** How many bytes of one response may be queued while the connection is read for other responses, or for the answer to steering. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const NONE: readonly RawData[] = [];

/** The connection, as seen by a response on it. */
export interface ExchangeHost {
  /** True if the service ends a response when asked to. */
  readonly supportsInterrupt: boolean;
  send(frame: string): void;
  /** Whether the connection should be read may have changed. */
  updatePause(): void;
  /** The responses that are over on a lane. */
  earlierOn(lane: LaneName): EarlierResponses;
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
export class Exchange implements Carrier, BeginningHost {
  readonly kind = "websocket";
  readonly lane: LaneName;
  readonly aftermath: Promise<LeftResponse | undefined>;
  /** The responses before this one on its lane, whose events may still come. */
  readonly earlier: EarlierResponses;
  readonly #host: ExchangeHost;
  readonly #beginning: Beginning;
  #flow: ResponseFlow | undefined;
  #isSent = false;
  #isOver = false;
  #isPaused = false;
  /** Set once the reader has left. */
  #rest: UnreadRest | undefined;
  #tellAftermath!: (left: LeftResponse | undefined) => void;
  /** Messages of the current network read. */
  readonly #given = objectList<RawData>();
  /** Bytes of the current network read. */
  #size = 0;
  /** The service was asked to end the response, or will be. */
  #interruption: Interruption | undefined;
  #steering: Steering | undefined;

  constructor(host: ExchangeHost, lane: LaneName) {
    this.#host = host;
    this.lane = lane;
    this.earlier = host.earlierOn(lane);
    this.#beginning = new Beginning(this);
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

  get begun(): Promise<void> {
    return this.#beginning.begun;
  }

  /** Its `response.created` has arrived, and no successor is expected. */
  get isCreated(): boolean {
    return this.#flow?.received.responseId !== undefined && !this.#steering?.holdsEnd;
  }

  /** Its reader has left. */
  get isUnread(): boolean {
    return this.#rest !== undefined;
  }

  /** It would like the connection to be paused. */
  get isPaused(): boolean {
    return this.#isPaused && !this.isUnread && !this.#isInterrupted && !this.#isSteered;
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
    empty(given);
    this.#took();
    return late;
  }

  /** The service refused to end a response when asked to, perhaps this one. */
  interruptionRefused(refusal: string): void {
    this.#interruption?.refused(refusal);
  }

  /** The connection broke, or reading from it failed. */
  fail(cause: unknown): void {
    this.#beginning.release();
    if (this.isUnread) {
      this.#host.giveUp(this);
      return;
    }
    this.#steering?.releaseEnd(); // a response that came to its end is complete, even if the connection broke afterwards
    this.#flow?.fail(cause);
  }

  /** The connection is closed. */
  gone(): void {
    this.#stop();
  }

  // Called by its beginning

  readHeldEnd(message: RawData): void {
    this.#read(message);
    this.#took();
  }

  // Called by the flow

  pause(): void {
    this.#isPaused = true;
    this.#host.updatePause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#host.updatePause();
  }

  complete(): void {
    this.#over();
  }

  cancel(why: CancelReason = "left"): void {
    const isShared = this.#host.isShared(this);
    const hasRefusedToEnd = this.#interruption?.hasFailed ?? false;
    if (why === "refused" && isShared) {
      this.complete();
      return;
    }
    this.#rest = new UnreadRest(this.#flow?.received.finishedItems ?? 0);
    const mayBringSuccessor = this.#steering?.mayBringSuccessor ?? false;
    this.#steering?.end();
    // A connection that probably is broken is kept only if other responses still arrive on it.
    const isUsable = isShared || (why === "left" && this.#isSent && !mayBringSuccessor);
    if (this.#host.supportsInterrupt && isUsable && !hasRefusedToEnd) this.#interrupt();
    else if (!isShared || hasRefusedToEnd) this.#host.giveUp(this);
    else this.#settle(); // closing would end the others' responses too, so this one continues unread
    if (mayBringSuccessor) this.#host.giveUp(this); // a later request could not tell whose response the successor is
    this.#host.updatePause();
  }

  /** Asks the service to end the response. Resolves when it has ended, or the connection is closed. */
  interrupt(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (!this.#host.supportsInterrupt) {
      this.#flow?.endInterrupted();
      return Promise.resolve();
    }
    const { over } = this.#interrupt();
    this.#host.updatePause(); // a caller that awaits this inside its loop does not read meanwhile
    return over;
  }

  /** Sends steering input. */
  steer(input: SteerInput): Promise<Steer> {
    if (this.#isOver || this.isUnread || !this.#flow) return Promise.reject(notActive(input));
    this.#steering ??= new Steering({
      flow: this.#flow,
      earlier: this.earlier,
      send: (frame) => this.#host.send(frame),
      unanswered: () => this.#host.retire(),
    });
    const steer = this.#steering.steer(input);
    this.#host.updatePause();
    return steer;
  }

  /** Reads messages from index `at` on, while they can be read together. Returns the index of the first one not read. */
  #readFrom(messages: readonly RawData[], at: number): number {
    const message = messages[at] as RawData;
    if (!this.#beginning.hasBegun && this.#beginning.holds(message)) return at + 1;
    const flow = this.#flow;
    if (!flow || this.isUnread || this.#isInterrupted || this.#isSteered || !this.#beginning.hasBegun) {
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
    if (this.#rest) {
      this.#readUnread(this.#rest, message);
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
    this.#interruption?.ask(this.#flow?.received.responseId);
  }

  /** All messages of a network read have been read. */
  #took(): void {
    const flow = this.#flow;
    if (this.#size === 0 || !flow) return;
    flow.took(this.#size);
    this.#size = 0;
    if (!flow.isOver && flow.backlog > MOST_WAITING_BYTES) flow.fail(readerIsTooSlow());
    if (this.#steering) this.#host.updatePause(); // steering may be settled now
  }

  /** True while it waits for the service's answer to steering. */
  get #isSteered(): boolean {
    return this.#steering?.isOpen ?? false;
  }

  /** True while the response is being interrupted. */
  get #isInterrupted(): boolean {
    return this.#interruption?.isOpen ?? false;
  }

  #interrupt(): Interruption {
    this.#interruption ??= new Interruption({
      send: (frame) => this.#host.send(frame),
      onFailed: () => this.#interruptionFailed(),
    });
    this.#interruption.ask(this.#flow?.received.responseId);
    return this.#interruption;
  }

  #interruptionFailed(): void {
    if (this.isUnread) this.#host.giveUp(this);
    else this.#flow?.endInterrupted();
    this.#settle();
  }

  #readUnread(rest: UnreadRest, message: RawData): void {
    const event = parseWireEvent(decodeRawData(message)) ?? {};
    if (this.earlier.own(event)) return;
    this.#interruption?.ask(idIn(event.response));
    if (rest.take(event)) this.#over();
  }

  /** The service has ended the response. */
  #over(): void {
    this.#stop();
    this.earlier.next(this.isUnread ? undefined : this.#flow?.nextNumber);
    this.#host.over(this);
  }

  #stop(): void {
    this.#isOver = true;
    this.#beginning.end();
    this.#steering?.end();
    this.#interruption?.end();
    this.#tellAftermath(this.#rest?.left);
  }

  /** Nobody needs to wait for the response any more, though it may continue. */
  #settle(): void {
    this.#beginning.settle();
    this.#tellAftermath(undefined);
  }
}

function readerIsTooSlow(): LimitError {
  return new LimitError(
    `more than ${MOST_WAITING_BYTES} bytes of this response are queued, because its reader is slower than others on this connection: read it faster, or use a separate connection`,
    { what: "unread events", limit: MOST_WAITING_BYTES, unit: "bytes" },
  );
}
