import type { Fields } from "../../fields.ts";
import { pieces } from "../../model/pieces.ts";
import { type Identifiers, obfuscation } from "../identifiers.ts";
import { includes, type ResponsesRequest, wantsObfuscation } from "../request.ts";
import { EncodedEvent } from "./encoded-event.ts";
import { type Logprob, logprobsOf } from "./logprobs.ts";

/** The events of one item; what it returns is the finished item. */
export type ItemEvents = Generator<EncodedEvent, Fields>;

/** Text as it was written: shorter than asked for when the budget ran out or somebody stopped it. */
export interface Written {
  readonly text: string;
  readonly logprobs: readonly Logprob[];
}

const UNSEEN = new EncodedEvent("", "{}");

/** Numbers, places and budget of the events of one response. */
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

  /** Whether the budget was too small for what the model had to say. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  get writtenTokens(): number {
    return this.#written;
  }

  get reasonedTokens(): number {
    return this.#reasoned;
  }

  /** Text that is under way ends with its next piece. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Nobody will see the events from now on: their JSON is not made. */
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

  /** An event with one field, whose JSON is there already. */
  encoded(type: string, name: string, json: string): EncodedEvent {
    return new EncodedEvent(type, `{"type":"${type}","sequence_number":${this.#sequence++},"${name}":${json}}`);
  }

  added(item: Fields): EncodedEvent {
    return this.event("response.output_item.added", { output_index: this.#outputIndex, item });
  }

  *done(item: Fields): ItemEvents {
    yield this.event("response.output_item.done", { output_index: this.#outputIndex, item });
    this.#outputIndex += 1;
    return item;
  }

  get #left(): number {
    return Math.max(0, this.#budget - this.#written - this.#reasoned);
  }

  /** What an item's `status` is when its text has ended. */
  get finalStatus(): "completed" | "incomplete" {
    return this.#isExhausted || this.#isStopped ? "incomplete" : "completed";
  }

  reason(tokens: number): void {
    this.#reasoned += Math.min(tokens, this.#left);
    if (this.#left === 0) this.#isExhausted = true;
  }

  spend(tokens: number): void {
    this.#written += tokens;
  }

  /** Text that costs nothing of the budget: summaries of reasoning. */
  *free(type: string, place: Fields, text: string): Generator<EncodedEvent, void> {
    const encode = this.#encoderFor(type, place);
    for (const delta of pieces(text)) yield encode(delta, "");
  }

  /** Writes text as far as the budget goes; one piece is one token. */
  *text(type: string, place: Fields, text: string, hasLogprobs = false): Generator<EncodedEvent, Written> {
    const encode = this.#encoderFor(type, place);
    const logprobs: Logprob[] = [];
    const cut = pieces(text);
    let written = "";
    for (const delta of cut) {
      if (this.#isStopped) break;
      if (this.#left === 0) {
        this.#isExhausted = true;
        break;
      }
      this.#written += 1;
      written += delta;
      yield encode(delta, hasLogprobs ? `,"logprobs":${this.#encodeLogprobs(delta, logprobs)}` : "");
    }
    return { text: written, logprobs };
  }

  #encodeLogprobs(delta: string, all: Logprob[]): string {
    if (this.#topLogprobs === undefined) return "[]";
    const entry = logprobsOf(delta, this.#topLogprobs);
    all.push(entry);
    return JSON.stringify([entry]);
  }

  /** All but the text of a delta is the same in every one, and made once. */
  #encoderFor(type: string, place: Fields): (delta: string, more: string) => EncodedEvent {
    if (this.#isMute) return () => UNSEEN;
    const head = `{"type":${JSON.stringify(type)},"sequence_number":`;
    const middle = `,${JSON.stringify(place).slice(1, -1)},"delta":`;
    return (delta, more) => {
      const sequence = this.#sequence++;
      const tail = this.#obfuscates ? `,"obfuscation":"${obfuscation(delta, sequence)}"}` : "}";
      return new EncodedEvent(type, head + sequence + middle + JSON.stringify(delta) + more + tail, delta);
    };
  }
}
