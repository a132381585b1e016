import { LimitError, StreamError } from "../../../client/failure/kinds.ts";
import { objectList } from "../../../client/object-list.ts";
import type { Logger } from "../../../client/observe/log.ts";
import { decodeRawData, type RawData } from "../../../client/raw-text.ts";
import {
  connectionClosed,
  type WebSocketConnection,
  type WebSocketEnd,
  type WebSocketSink,
} from "../../../client/websocket/index.ts";
import { parameterOf } from "../../refusal/details.ts";
import { mapErrorEvent } from "../../refusal/event.ts";
import { EarlierResponses } from "../events/earlier.ts";
import { parseWireEvent } from "../events/parse.ts";
import { isErrorEvent } from "../events/registry.ts";
import { Demultiplexer, type Repeats } from "./demultiplexer.ts";
import { endError } from "./end-error.ts";
import type { Exchange, ExchangeHost } from "./exchange.ts";
import { type LaneName, RequestTurns } from "./turns.ts";

/** The service's limits for one connection: more responses wait, more names are refused. */
export const MOST_IN_FLIGHT = 16;
export const MOST_NAMES = 32;
/** How many requests may wait here. */
const MOST_WAITING = 1_000;

const NOW = Promise.resolve();
/** Nothing has arrived. */
const NONE: readonly RawData[] = [];

export interface TrafficOptions {
  readonly connection: WebSocketConnection;
  readonly supportsInterrupt: boolean;
  readonly logger: Logger;
}

/**
 * Everything that is sent and received on one connection: which request may be sent, which response gets a message, how fast it is read,
 * and the error for each response when it ends.
 */
export class ResponseTraffic implements ExchangeHost {
  readonly supportsInterrupt: boolean;
  readonly #connection: WebSocketConnection;
  readonly #logger: Logger;
  readonly #inFlight = new Demultiplexer<Exchange>();
  readonly #turns = new RequestTurns({
    atOnce: MOST_IN_FLIGHT,
    mostWaiting: MOST_WAITING,
    mayEnter: (inside) => this.#inFlight.mayAdd(inside),
  });
  /** Names that the server has seen. It remembers them until the connection ends. */
  readonly #names = new Set<string>();
  /** The connection is closed with the last response that is read. */
  #isGivenUp = false;
  /** An interruption or steering input was sent, which the service may refuse. */
  #mayBeRefused = false;
  #isPaused = false;
  #isRetired = false;
  /** What is known of the responses that are over, by lane. */
  readonly #earlier = new Map<LaneName, EarlierResponses>();
  /** Messages that have arrived and are not assigned to a response yet. */
  #messages: readonly RawData[] = NONE;
  /** The responses that have been given messages which they have not read yet. */
  readonly #given = objectList<Exchange>();

  constructor({ connection, supportsInterrupt, logger }: TrafficOptions) {
    this.#connection = connection;
    this.supportsInterrupt = supportsInterrupt;
    this.#logger = logger;
    this.#inFlight.onLearned = () => this.#turns.admit();
    this.#inFlight.isLate = (message) => this.#isLate(message);
    connection.unref(); // an idle connection must not keep the process alive
    connection.attach(this.#sink);
  }

  get isClosed(): boolean {
    return this.#turns.isClosed || this.#connection.isClosed;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  get repeats(): Repeats {
    return this.#inFlight.repeats;
  }

  /** See {@link RequestTurns}. */
  ahead(lane: LaneName): number {
    return this.#turns.ahead(lane);
  }

  /** Waits for the caller's turn. @throws The errors of `RequestTurns.enter`. {@link LimitError} The lane's name is one too many. */
  async enter(lane: LaneName, signal: AbortSignal | undefined): Promise<void> {
    await this.#turns.enter(lane, signal);
    if (lane === undefined || this.#names.has(lane) || this.repeats === "no") return;
    if (this.#names.size >= MOST_NAMES) {
      this.#turns.leave(lane);
      throw tooManyNames();
    }
    this.#names.add(lane);
  }

  /** For a request that entered but is not sent. */
  leave(lane: LaneName): void {
    this.#turns.leave(lane);
  }

  begin(exchange: Exchange): void {
    this.#inFlight.add(exchange.lane, exchange);
    this.#connection.ref();
    this.updatePause();
  }

  isBusy(lane: LaneName): boolean {
    return this.#inFlight.has(lane);
  }

  /** Accepts no more requests, and closes when nothing runs. */
  retire(): void {
    this.#turns.close();
    this.#isRetired = true;
    if (this.size === 0) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    this.#connection.close().catch(() => {}); // not awaited, and its errors do not matter
  }

  /** Closes the connection, which cancels the running responses. */
  async close(): Promise<void> {
    this.#turns.close();
    if (this.size === 0) return this.#connection.close();
    this.#endAll((exchange) => exchange.fail(connectionClosed()));
    this.#connection.terminate();
  }

  // Called by exchanges

  send(frame: string): void {
    this.#mayBeRefused = true;
    this.#connection.send(frame).catch(() => {}); // a failure also ends the connection, which reports it
  }

  /** Pauses the connection while all its responses want that. */
  updatePause(): void {
    let isPaused = this.size > 0;
    for (const exchange of this.#inFlight.receivers) isPaused &&= exchange.isPaused;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#connection.pause();
    else this.#connection.resume(); // also with nothing in flight, so that pings are answered
  }

  isShared(exchange: Exchange): boolean {
    for (const other of this.#inFlight.receivers) if (other !== exchange && !other.isUnread) return true;
    return false;
  }

  earlierOn(lane: LaneName): EarlierResponses {
    const earlier = this.#earlier.get(lane) ?? new EarlierResponses();
    this.#earlier.set(lane, earlier);
    return earlier;
  }

  over(exchange: Exchange): void {
    this.#inFlight.delete(exchange.lane);
    this.updatePause();
    this.#turns.leave(exchange.lane);
    if (this.size === 0) this.#connection.unref();
    if (this.size === 0 && this.#isRetired) this.#sayGoodbye();
    if (this.#isGivenUp) this.giveUp(exchange);
  }

  giveUp(exchange: Exchange): void {
    this.#turns.close();
    this.#isGivenUp = true;
    if (!this.isShared(exchange)) this.#connection.terminate();
  }

  // Called by the connection

  /** A separate loop: V8 then compiles two short call chains (this one and the frame parser), not one deep chain. */
  readonly #readMessages = (): void => {
    const messages = this.#messages;
    this.#messages = NONE;
    for (const message of messages) if (!this.#mayBeRefused || !this.#takeRefusal(message)) this.#route(message);
    this.#readGiven();
  };

  /** Each response reads its messages of a network read together, however those are mixed. */
  readonly #readGiven = (): void => {
    for (let exchange = this.#given.shift(); exchange; exchange = this.#given.shift())
      for (const late of exchange.readGiven()) this.#unsolicited(late);
  };

  #route(message: RawData): void {
    const receiver = this.#inFlight.route(message, this.#readGiven);
    if (receiver === "all") for (const exchange of this.#inFlight.receivers) this.#give(exchange, message);
    else if (receiver === "mixed") this.#endMixed();
    else if (receiver !== undefined) this.#give(receiver, message);
    else {
      this.#readGiven();
      this.#unsolicited(message);
    }
  }

  /** On a connection that is given up, the response that was left may be followed by another one, to steering input. */
  #isLate(message: RawData): boolean {
    if (this.#isGivenUp) return true;
    const event = parseWireEvent(decodeRawData(message)) ?? {};
    if (!this.#earlier.get(undefined)?.knows(event)) return false;
    for (const { earlier } of this.#inFlight.receivers) if (earlier.announces(event)) return false; // all have the same ids
    return true;
  }

  #give(exchange: Exchange, message: RawData): void {
    if (exchange.give(message)) this.#given.push(exchange);
  }

  /** Handles a refusal to end a response, which is not an event of any response. Usually the response had already ended. */
  #takeRefusal(message: RawData): boolean {
    if (typeof message !== "string" || !message.includes('"response_id"')) return false;
    const event = parseWireEvent(decodeRawData(message));
    if (!event || !isErrorEvent(event) || parameterOf(event) !== "response_id") return false;
    this.#readGiven(); // the response may have ended before
    for (const exchange of this.#inFlight.receivers) exchange.interruptionRefused(message);
    return true;
  }

  /** Ignores the rest of a response that is over. An error while nothing runs closes the connection, before a request is lost on it. */
  #unsolicited(message: RawData): void {
    if (this.#turns.isClosed) return; // it came in the same network read as the end of the connection
    const text = decodeRawData(message);
    const event = parseWireEvent(text);
    const error = event && isErrorEvent(event) ? mapErrorEvent(event, text) : undefined;
    // Log only the parts of the service's message that cannot contain a prompt: its kind, and whether it is an event at all.
    const told = { isEvent: event !== undefined, error: error?.kind };
    this.#logger.debug(told, "websocket event outside a response");
    if (error && this.size === 0) this.#connection.terminate();
  }

  readonly #sink: WebSocketSink = {
    rawTexts: (messages) => {
      const isFirst = this.#messages.length === 0;
      this.#messages = isFirst ? messages : this.#messages.concat(messages);
      if (isFirst) NOW.then(this.#readMessages); // like `queueMicrotask`, without the async resource that Node creates for it
    },
    binary: () => {
      this.#readMessages();
      this.#endAll((exchange) => exchange.fail(new StreamError("unexpected binary websocket event")));
      this.#connection.terminate();
    },
    ended: (end) => {
      this.#readMessages(); // messages that came with the end
      this.#turns.close();
      this.#logger.debug({ by: end.by }, "websocket closed");
      this.#endAll((exchange) => this.#tellEnd(exchange, end));
    },
  };

  /** Messages can no longer be assigned to responses. */
  #endMixed(): void {
    const why = "the server answers several requests at once and does not say which event is whose (stream_id)";
    this.#endAll((exchange) => exchange.fail(new StreamError(why)));
    this.#connection.terminate();
  }

  #tellEnd(exchange: Exchange, end: WebSocketEnd): void {
    // A response that we ended has its error already, and a failed send reports its own.
    if (end.by === "us" || (end.by === "network" && !exchange.isSent)) return;
    exchange.fail(endError(end));
  }

  #endAll(tell: (exchange: Exchange) => void): void {
    this.#turns.close();
    for (const exchange of this.#inFlight.takeAll()) {
      tell(exchange);
      exchange.gone();
    }
  }
}

function tooManyNames(): LimitError {
  return new LimitError(
    `the connection has ${MOST_NAMES} named lanes, and the service accepts no more: reuse one of them, or use another connection`,
    { what: "lanes of a connection", limit: MOST_NAMES, unit: "lanes" },
  );
}
