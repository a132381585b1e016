import { StreamError } from "../../client/failure/kinds.ts";
import type { HeaderMap } from "../../client/headers.ts";
import type { StreamPoll } from "../../client/observe/telemetry.ts";
import { asBuffer, decodeRawData, type RawData, type RawText, rawTextOf } from "../../client/raw-text.ts";
import { type CodexFailure, IncompleteError } from "../refusal/kinds.ts";
import type { TurnState } from "../service/call-options.ts";
import type { JsonObject } from "../wire/json.ts";
import { CallIds } from "./events/call-ids.ts";
import {
  type DecodedEvent,
  type EndEvent,
  type MetadataEvent,
  UNKNOWN_TYPE,
  type WholeTextEvent,
} from "./events/decoded.ts";
import { type EarlierResponses, hasId } from "./events/earlier.ts";
import { type DeltaRun, FastEvents, type UnreadEvent } from "./events/fast/index.ts";
import { SafetyBuffering, serverModelOf } from "./events/notices.ts";
import { damaged, parseEvent, parseWireEvent } from "./events/parse.ts";
import { decodeWireEvent, movesResponse, rowOfEvent } from "./events/registry.ts";
import { StreamReports, type StreamReportsOptions } from "./events/reports.ts";
import { SequenceNumbers } from "./events/sequence.ts";
import type { OutputItemDoneEvent, ResponseEvent, ServedEvent } from "./events/types.ts";
import type { StreamOptions } from "./options.ts";
import { DeliveredItems } from "./received/output.ts";
import type { ResponseEnd } from "./received/received.ts";
import { WholeTexts } from "./received/whole-texts.ts";

/** Receives the contents of a response. Methods, not closures, so that V8's optimized code is shared by all responses. */
export interface ResponseSink {
  /** @param size - Size of the wire event, in bytes or characters. */
  event(event: ResponseEvent, size: number): void;
  /** The finished item's event, with the texts that only earlier events have brought. */
  whole(done: OutputItemDoneEvent): OutputItemDoneEvent;
  /** Deltas of one item that arrived together. */
  deltas(run: DeltaRun): void;
  /** Called once, after the event that ends the response successfully. */
  completed(): void;
  /** Called once, when the service ends the response with an error. */
  failed(error: CodexFailure, end: ResponseEnd): void;
  /** Called once, when an event cannot be read. The service may go on with the response. */
  broke(error: CodexFailure): void;
}

export interface ResponseReaderOptions extends StreamReportsOptions, Omit<StreamOptions, "keep"> {
  /**
   * Output indexes of items that the caller got from an earlier stream of the response: they are not delivered again at the end. Default:
   * none.
   */
  readonly finishedBefore?: readonly number[] | undefined;
  /** Output indexes of items whose beginning the caller got from an earlier stream of the response. Default: none. */
  readonly begunBefore?: readonly number[] | undefined;
  /** The responses before this one on the connection, whose late events are left out. Default: none. */
  readonly earlier?: EarlierResponses | undefined;
  /** Of the answer, or of the handshake. Default: none. */
  readonly headers?: HeaderMap | undefined;
  readonly turnState?: TurnState | undefined;
  /** Read deltas and empty events without parsing them; the results are the same. Default true. */
  readonly fast?: boolean | undefined;
}

/**
 * Reads the events of one response from either carrier. It decodes them, corrects what services do differently, ends the response at its
 * terminal event (`completed` or a failure), and reports what it leaves out. It has no socket and no timer.
 */
export class ResponseReader {
  readonly #sink: ResponseSink;
  readonly #carrier: StreamPoll["carrier"];
  readonly #options: ResponseReaderOptions;
  /** Every wire event is yielded unchanged, and deltas only so. */
  readonly #passesAll: boolean;
  readonly #fast: FastEvents | undefined;
  /** The same object, or undefined if each frame must be cut out for the caller. */
  readonly #runs: FastEvents | undefined;
  readonly #reports: StreamReports;
  readonly #delivered: DeliveredItems;
  readonly #callIds = new CallIds();
  readonly #whole: WholeTexts;
  readonly #numbers = new SequenceNumbers();
  readonly #buffering: SafetyBuffering;
  #serverModel: string | undefined;
  #expectsInterruption = false;
  // State of the current event.
  #text = "";
  #size = 0;

  constructor(sink: ResponseSink, carrier: StreamPoll["carrier"], options: ResponseReaderOptions) {
    this.#sink = sink;
    this.#carrier = carrier;
    this.#options = options;
    this.#passesAll = options.frames === true;
    this.#delivered = new DeliveredItems(options.finishedBefore);
    this.#whole = new WholeTexts(options.begunBefore);
    const { wireEvents = false, raw = false, fast = true } = options;
    if (fast && !wireEvents && !raw) this.#fast = new FastEvents();
    if (!this.#passesAll) this.#runs = this.#fast;
    this.#reports = new StreamReports(carrier, options);
    this.#buffering = new SafetyBuffering(options.headers ?? {});
  }

  /**
   * Reads one event's JSON text. An event that cannot be read is reported and left out.
   *
   * @returns True if the event advances the response.
   */
  read(raw: RawData): boolean {
    const fast = this.#fast;
    if (fast) {
      if (fast.read(raw)) {
        if (this.#passesAll) this.#emitFrame(`response.${fast.type}`, raw);
        this.#takeRun(fast);
        return true;
      }
      const unread = fast.unread(raw);
      if (unread !== undefined && this.#isOwn(raw) && this.#isNoNews(unread)) {
        const { type, sequenceNumber } = unread;
        this.#number(sequenceNumber, type);
        this.#reports.polled(type);
        if (this.#passesAll) this.#emitFrame(type, raw);
        this.#reports.skipped("unknown type", type);
        return movesResponse(type);
      }
    }
    return this.#parse(decodeRawData(raw), raw);
  }

  /**
   * Reads consecutive deltas from the lines of an event stream, while the fast path recognises them.
   *
   * @param start - Where an event begins.
   * @returns Where the next event begins; `start` if that one has to be cut out first.
   */
  readLines(lines: RawText, start: number): number {
    const fast = this.#runs;
    if (fast === undefined || !fast.readRun(lines, start)) return start;
    const { end } = fast;
    this.#takeRun(fast);
    return end;
  }

  /**
   * Like {@link readLines}, for messages with one event each.
   *
   * @returns The index of the next message; `at` if that one has to be read by itself.
   */
  readMessages(messages: readonly RawData[], at: number): number {
    const fast = this.#runs;
    if (fast === undefined || !fast.readMessages(messages, at)) return at;
    const next = at + fast.events.length;
    this.#takeRun(fast);
    return next;
  }

  /** The sequence number that the next event should have; undefined if none had one. */
  get nextNumber(): number | undefined {
    return this.#numbers.next;
  }

  /** Counts an event of this response that other code has read, so that it does not seem to be missing. */
  countRead(): void {
    this.#numbers.more(1);
  }

  /** Reads an event cut off by the end of the body. It counts only if it ends the response. */
  readUnfinished(text: string): void {
    const event = parseWireEvent(text);
    if (event && rowOfEvent(event)?.ends) this.#accept(event, text, rawTextOf(Buffer.from(text)));
  }

  /** The service was asked to end the response; if it does, that is not a failure. */
  expectInterruption(): void {
    this.#expectsInterruption = true;
  }

  /** The carrier broke while the next event was expected. */
  interrupted(error: unknown): void {
    this.#reports.polled(undefined, error);
  }

  #takeRun(run: FastEvents): void {
    const { type, events, sequenceNumber } = run;
    if (events[0]?.itemId === undefined && this.#isLate(sequenceNumber)) {
      this.#reports.skipped("earlier response", `response.${type}`);
      return;
    }
    if (!this.#numbers.follows(sequenceNumber)) this.#reports.deviates("sequence", `response.${type}`);
    this.#numbers.more(events.length - 1);
    if (this.#reports.isPolled) for (const _ of events) this.#reports.polled(type, undefined, true);
    this.#whole.piece(type, run.outputIndex, events[0]?.itemId, run.partIndex);
    if (!this.#passesAll) this.#sink.deltas(run);
  }

  /** False if an event that is not parsed may belong to an earlier response. */
  #isOwn(raw: RawData): boolean {
    const { earlier } = this.#options;
    return !earlier?.mayOwn(typeof raw === "string" ? raw : asBuffer(raw));
  }

  #isOfEarlier(event: JsonObject): boolean {
    if (!this.#options.earlier) return false;
    if (this.#options.earlier.own(event)) return true;
    return !rowOfEvent(event)?.ends && !hasId(event) && this.#isLate(event.sequence_number);
  }

  /** True if the number of an event without ids is that of an earlier response. */
  #isLate(sequenceNumber: unknown): boolean {
    return this.#options.earlier?.continueWith(sequenceNumber, this.#numbers.next) ?? false;
  }

  #isNoNews({ repeats }: UnreadEvent): boolean {
    return repeats === undefined || this.#whole.isTold(repeats);
  }

  #parse(text: string, raw: RawData): boolean {
    const event = parseEvent(text);
    if (typeof event === "object") return this.#accept(event, text, raw);
    this.#reports.polled(undefined);
    if (event === "none") this.#reports.skipped("not JSON");
    else this.#sink.broke(damaged(text));
    return false;
  }

  #accept(event: JsonObject, text: string, raw: RawData): boolean {
    const { type } = event;
    if (this.#isOfEarlier(event)) {
      this.#reports.skipped("earlier response", type);
      return false;
    }
    this.#number(event.sequence_number, type);
    this.#reports.polled(type);
    this.#text = text;
    this.#size = text.length;
    if (this.#passesAll || (this.#options.frames && rowOfEvent(event)?.ends))
      this.#emitFrame(typeof type === "string" ? type : "", raw);
    const decoded = this.#callIds.complete(decodeWireEvent(event, text));
    if (decoded.type === "output_item.added") this.#fast?.forget(); // the new item may have a pattern of its own
    if (!this.#comesBeforeModel(event, decoded)) this.#noteServerModel(event);
    const buffering = this.#buffering.decode(event);
    if (buffering) this.#emit(buffering);
    this.#take(event, decoded, buffering !== undefined);
    this.#fast?.learn(raw, event, decoded);
    this.#text = ""; // the text may be long, and the next event may take a while
    return movesResponse(type);
  }

  /** @param isHeard - The event has already yielded something besides its own meaning. */
  #take(event: JsonObject, decoded: DecodedEvent, isHeard: boolean): void {
    switch (decoded.type) {
      case "end":
        this.#end(event, decoded);
        return;
      case "skipped":
        if (isHeard) return;
        this.#noteWire(event);
        this.#reports.skipped(decoded.reason, event.type);
        return;
      case "metadata":
        this.#takeMetadata(event, decoded, isHeard);
        return;
      case "whole_text":
        if (this.#whole.holdBack(decoded)) return;
        this.#take(event, UNKNOWN_TYPE, isHeard);
        return;
      case "output_item.done":
        this.#deliver(decoded, event.type);
        return;
      default:
        this.#whole.note(decoded);
        this.#emit(decoded);
    }
  }

  /** Handles what other services send in response headers. */
  #takeMetadata(event: JsonObject, { headers, turnState, events }: MetadataEvent, isHeard: boolean): void {
    this.#buffering.note(headers);
    this.#options.turnState?.set(turnState);
    for (const each of events) this.#emit(each);
    if (events.length > 0) return;
    if (turnState === undefined) this.#take(event, UNKNOWN_TYPE, isHeard);
    else this.#noteWire(event);
  }

  #end(event: JsonObject, { outcome, output, deviations }: EndEvent): void {
    for (const what of deviations) this.#reports.deviates(what, event.type);
    const { missing, texts } = this.#delivered.restOf(output);
    for (const each of missing) {
      this.#reports.deviates("item", event.type);
      this.#deliver(each, event.type);
    }
    this.#emitOwed([...this.#whole.take(), ...this.#whole.newOf(texts)], event.type);
    switch (outcome.type) {
      case "failed":
        this.#sink.failed(this.#blanked(outcome.error), outcome);
        return;
      case "incomplete":
        if (this.#options.incomplete !== "end" && !(this.#expectsInterruption && outcome.reason === "interrupted")) {
          this.#sink.failed(new IncompleteError(this.#reports.blank(outcome.reason)), outcome);
          return;
        }
    }
    this.#emit(outcome);
    this.#sink.completed();
  }

  /** Delivers a finished item, once, after any text that neither the item nor a delta has brought. */
  #deliver(event: OutputItemDoneEvent, wireType: unknown): void {
    if (this.#delivered.isRepeated(event, this.#size)) {
      this.#reports.deviates("item", wireType);
      return;
    }
    this.#emitOwed(this.#whole.takeWithout(event), wireType);
    const done = this.#sink.whole(event);
    if (done !== event) this.#reports.deviates("text", wireType);
    if (this.#delivered.note(done, this.#size)) this.#reports.deviates("order", wireType);
    this.#emit(done);
  }

  #emitOwed(owed: readonly WholeTextEvent["piece"][], wireType: unknown): void {
    for (const piece of owed) {
      this.#reports.deviates("text", wireType);
      this.#emit(piece);
    }
  }

  #emit(event: ServedEvent): void {
    if (this.#passesAll && "delta" in event) return;
    this.#sink.event(this.#options.raw ? { ...event, raw: this.#text } : event, this.#size);
  }

  #emitFrame(wireType: string, data: RawData): void {
    this.#sink.event({ type: "frame", wireType, data }, 0);
  }

  #noteWire(event: JsonObject): void {
    if (this.#options.wireEvents) this.#emit({ type: "wire", event });
  }

  /** On a WebSocket the Rust client first looks for error frames and rate limits, and reads nothing else from those. */
  #comesBeforeModel(event: JsonObject, decoded: DecodedEvent): boolean {
    if (this.#carrier === "http") return false;
    return decoded.type === "rate_limits" || (decoded.type === "end" && event.type === "error");
  }

  #noteServerModel(event: JsonObject): void {
    const model = serverModelOf(event);
    if (model === undefined || model === this.#serverModel) return;
    this.#serverModel = model;
    this.#emit({ type: "server_model", model });
  }

  /** The same failure with another message, if the service's message repeats a credential of the request. */
  #blanked(error: CodexFailure): CodexFailure {
    const text = this.#text;
    const blanked = this.#reports.blank(text);
    if (blanked === text) return error;
    const event = parseWireEvent(blanked);
    const decoded = event && decodeWireEvent(event, blanked);
    if (decoded?.type === "end" && decoded.outcome.type === "failed") return decoded.outcome.error;
    // A credential that contains quotes, or digits only, could damage the event's JSON when it is blanked.
    return new StreamError(
      `the response failed (${error.kind}); the service's message repeats a credential and is left out`,
    );
  }

  #number(sequenceNumber: unknown, wireType: unknown): void {
    if (!this.#numbers.follows(sequenceNumber)) this.#reports.deviates("sequence", wireType);
  }
}
