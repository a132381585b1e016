import type { Fields } from "../../fields.ts";
import { pieces } from "../../model/pieces.ts";
import { type Identifiers, obfuscation } from "../identifiers.ts";
import { includes, type ResponsesRequest, wantsObfuscation } from "../request.ts";
import { EncodedEvent } from "./encoded-event.ts";
import { type Logprob, logprobsOf } from "./logprobs.ts";

/** A part of an item: one event, or all deltas of a text. */
export type ItemPiece = EncodedEvent | Deltas;

/** The events of one item. Returns the finished item. */
export type ItemEvents = Generator<ItemPiece, Fields>;

/** The text as written: shorter than planned if the budget ran out or the response was stopped. */
export interface Written {
  readonly text: string;
  readonly logprobs: readonly Logprob[];
}

const NO_LOGPROBS: readonly Logprob[] = [];
const UNSEEN = new EncodedEvent("", "{}");

/** Makes the events of one response: their sequence numbers, their places, and the token budget. */
export class EventWriter {
  readonly body: Fields;
  readonly identifiers: Identifiers;
  readonly #obfuscates: boolean;
  readonly #topLogprobs: number | undefined;
  readonly #budget: number;
  #sequence = 0;
  #outputIndex = 0;
  #written = 0;
  #reasoned = 0;
  #isExhausted = false;
  #isStopped = false;
  #isMute = false;

  constructor({ body, maxOutputTokens, topLogprobs }: ResponsesRequest, identifiers: Identifiers) {
    this.body = body;
    this.identifiers = identifiers;
    this.#obfuscates = wantsObfuscation(body);
    this.#topLogprobs = includes(body, "message.output_text.logprobs") ? (topLogprobs ?? 0) : topLogprobs;
    this.#budget = maxOutputTokens ?? Number.POSITIVE_INFINITY;
  }

  get outputIndex(): number {
    return this.#outputIndex;
  }

  /** True if the budget was too small for the answer. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  get writtenTokens(): number {
    return this.#written;
  }

  get reasonedTokens(): number {
    return this.#reasoned;
  }

  /** An unfinished text ends with its next piece. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The events from now on are not sent, so their JSON is not made. */
  mute(): void {
    this.#isMute = true;
  }

  get isMute(): boolean {
    return this.#isMute;
  }

  nextSequenceNumber(): number {
    return this.#sequence++;
  }

  event(type: string, fields: Fields): EncodedEvent {
    if (this.#isMute) return UNSEEN;
    return new EncodedEvent(type, JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }));
  }

  /** An event with one field, whose JSON already exists. */
  encoded(type: string, name: string, json: string): EncodedEvent {
    return new EncodedEvent(type, `{"type":"${type}","sequence_number":${this.#sequence++},"${name}":${json}}`);
  }

  added(item: Fields): EncodedEvent {
    return this.event("response.output_item.added", { output_index: this.#outputIndex, item });
  }

  *done(item: Fields): ItemEvents {
    if (!this.#isMute) yield this.event("response.output_item.done", { output_index: this.#outputIndex, item });
    this.#outputIndex += 1;
    return item;
  }

  get #left(): number {
    return Math.max(0, this.#budget - this.#written - this.#reasoned);
  }

  /** The `status` of an item whose text has ended. */
  get finalStatus(): "completed" | "incomplete" {
    return this.#isExhausted || this.#isStopped ? "incomplete" : "completed";
  }

  /** The `status` of a finished item: its own, unless its text was cut. */
  statusOf({ status = "completed" }: Fields): unknown {
    return this.finalStatus === "completed" ? status : "incomplete";
  }

  reason(tokens: number): void {
    this.#reasoned += Math.min(tokens, this.#left);
    if (this.#left === 0) this.#isExhausted = true;
  }

  spend(tokens: number): void {
    this.#written += tokens;
  }

  /** Text that does not count towards the budget: summaries of reasoning. */
  *free(type: string, place: Fields, text: string): Generator<ItemPiece, void> {
    if (!this.#isMute) yield new Deltas(pieces(text), this.#encoderFor(type, place));
  }

  /** Writes text as far as the budget goes; one piece is one token. */
  *text(type: string, place: Fields, text: string, hasLogprobs = false): Generator<ItemPiece, Written> {
    const cut = pieces(text);
    const logprobs: Logprob[] = [];
    const encode = this.#encoderFor(type, place);
    const logprobsIn = (delta: string) => (hasLogprobs ? `,"logprobs":${this.#encodeLogprobs(delta, logprobs)}` : "");
    const deltas = new Deltas(
      cut,
      (delta) => encode(delta, logprobsIn(delta)),
      () => this.#mayWrite(),
    );
    if (this.#isMute) while (deltas.next());
    else yield deltas;
    return {
      text: deltas.count === cut.length ? text : cut.slice(0, deltas.count).join(""),
      logprobs: logprobs.length > 0 ? logprobs : NO_LOGPROBS,
    };
  }

  /** True if another token may be written; it is then counted. */
  #mayWrite(): boolean {
    if (this.#isStopped) return false;
    if (this.#left === 0) {
      this.#isExhausted = true;
      return false;
    }
    this.#written += 1;
    return true;
  }

  #encodeLogprobs(delta: string, all: Logprob[]): string {
    if (this.#topLogprobs === undefined) return "[]";
    const entry = logprobsOf(delta, this.#topLogprobs);
    all.push(entry);
    return JSON.stringify([entry]);
  }

  /** Everything except the text is the same in all deltas of a text, and is made once. */
  #encoderFor(type: string, place: Fields): (delta: string, more?: string) => EncodedEvent {
    if (this.#isMute) return () => UNSEEN;
    const head = `{"type":${JSON.stringify(type)},"sequence_number":`;
    const middle = `,${JSON.stringify(place).slice(1, -1)},"delta":`;
    return (delta, more = "") => {
      const sequence = this.#sequence++;
      const tail = this.#obfuscates ? `,"obfuscation":"${obfuscation(delta, sequence)}"}` : "}";
      return new EncodedEvent(type, head + sequence + middle + JSON.stringify(delta) + more + tail, delta);
    };
  }
}

/** The deltas of a text, each made when it is requested. One object for all of them, because yielding each through all generators is slow. */
export class Deltas {
  readonly #pieces: readonly string[];
  readonly #encode: (piece: string) => EncodedEvent;
  readonly #mayGoOn: () => boolean;
  #count = 0;

  constructor(cut: readonly string[], encode: (piece: string) => EncodedEvent, mayGoOn: () => boolean = () => true) {
    this.#pieces = cut;
    this.#encode = encode;
    this.#mayGoOn = mayGoOn;
  }

  /** Number of deltas so far. */
  get count(): number {
    return this.#count;
  }

  /** Undefined at the end, or if no more may be written. */
  next(): EncodedEvent | undefined {
    const piece = this.#pieces[this.#count];
    if (piece === undefined || !this.#mayGoOn()) return undefined;
    this.#count += 1;
    return this.#encode(piece);
  }
}
