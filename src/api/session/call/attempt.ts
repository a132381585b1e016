import type { OutputItemDoneEvent, ResponseEvent, SteeredEvent } from "../../responses/events/types.ts";
import { inOutputOrder } from "../../responses/received/output.ts";
import type { EventIterator } from "../../responses/source.ts";
import type { ResponseStream } from "../../responses/stream.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { Sending } from "../sending.ts";
import { endsWithAnswer, keptItemCount } from "./kept-items.ts";

/** Events about the connection, not the answer: after a retry they may come again. */
const MAY_REPEAT: ReadonlySet<ResponseEvent["type"]> = new Set([
  "server_model",
  "rate_limits",
  "models_etag",
  "server_reasoning_included",
]);

/** The stream of an attempt, and its events. */
export interface Opened {
  readonly stream: ResponseStream;
  readonly events: EventIterator;
}

/** One attempt of a call, from the delay before it to its result: the request on its way, and what its stream has brought. */
export class Attempt {
  /** Delay before the attempt, in milliseconds. */
  readonly delayMs: number;
  #sending: Sending | undefined;
  #opened: Opened | undefined;
  /** Finished items, in order of arrival. */
  #finished: OutputItemDoneEvent[] = [];
  /** Number of items that have begun. */
  #begun = 0;
  #hasYielded = false;
  #isAnswered = false;
  #isSuccessor = false;

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  /** Undefined until the request is composed. */
  get sending(): Sending | undefined {
    return this.#sending;
  }

  /** Undefined until the stream is open. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  async open(sending: Sending): Promise<Opened> {
    this.#sending = sending;
    const stream = await sending.open();
    this.#opened = { stream, events: stream.source() };
    return this.#opened;
  }

  /** True if a retry would deliver some content twice. */
  get hasYielded(): boolean {
    return this.#hasYielded;
  }

  /** True if every item that began is finished, the last one ends the answer, and nothing has come since. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** True if what arrives now belongs to a response that replaces the requested one, after steering. */
  get isSuccessor(): boolean {
    return this.#isSuccessor;
  }

  get finishedItems(): number {
    return this.#finished.length;
  }

  note(event: ResponseEvent): void {
    if (MAY_REPEAT.has(event.type)) return;
    this.#hasYielded = true;
    this.#isAnswered = false;
    if (event.type === "output_item.added") this.#begun += 1;
    else if (event.type === "output_item.done") {
      this.#finished.push(event);
      this.#isAnswered = this.#finished.length >= this.#begun && endsWithAnswer(this.#items());
    }
  }

  /** The finished items that a further attempt can continue from. */
  kept(): ResponseItem[] {
    return inOutputOrder(this.#finished.slice(0, keptItemCount(this.#items())));
  }

  /** Records that the response is complete, with its finished items. */
  completed(responseId: string | undefined): void {
    if (responseId !== undefined) this.#sending?.completed(responseId, inOutputOrder(this.#finished));
  }

  /** Records that another response continues in its place. @returns The items that stay valid, followed by the steering input. */
  steered({ responseId, input }: SteeredEvent): ResponseItem[] {
    this.#isSuccessor = true;
    const finished = inOutputOrder(this.#finished);
    if (responseId !== undefined) this.#sending?.steered(responseId, finished, input);
    this.#finished = [];
    this.#begun = 0;
    return [...finished, ...input];
  }

  #items(): readonly ResponseItem[] {
    return this.#finished.map(({ item }) => item);
  }
}
