import type { OutputItemDoneEvent, ResponseEvent, SteeredEvent } from "../responses/events/types.ts";
import { inOutputOrder } from "../responses/received/output.ts";
import type { EventIterator } from "../responses/source.ts";
import type { ResponseStream } from "../responses/stream.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { Attempt } from "./attempt.ts";
import { endsWithAnswer, keptItemCount } from "./kept-items.ts";

/** About the connection rather than the answer: it may come again without a word. */
const MAY_REPEAT: ReadonlySet<ResponseEvent["type"]> = new Set([
  "server_model",
  "rate_limits",
  "models_etag",
  "server_reasoning_included",
]);

export interface Opened {
  readonly stream: ResponseStream;
  readonly events: EventIterator;
}

/** One attempt of a call, from the wait before it to what came of it. The next one gets an object of its own. */
export class CurrentAttempt {
  /** The wait before it. */
  readonly delayMs: number;
  attempt: Attempt | undefined;
  opened: Opened | undefined;
  /** Items that it has finished, in the order in which they came. */
  #finished: OutputItemDoneEvent[] = [];
  /** Items that have begun. */
  #begun = 0;
  #hasYielded = false;
  #isAnswered = false;
  #isSuccessor = false;

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  /** Something of it would come twice. */
  get hasYielded(): boolean {
    return this.#hasYielded;
  }

  /** Its answer is finished, with every item that has begun, and nothing has come since. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** What comes now is a response that goes on in the place of the one that was asked for. */
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

  /** Of its items, those that a further try can go on from. */
  kept(): ResponseItem[] {
    return inOutputOrder(this.#finished.slice(0, keptItemCount(this.#items())));
  }

  /** The response is over, with what was finished. */
  answered(responseId: string | undefined): void {
    if (responseId !== undefined) this.attempt?.completed(responseId, inOutputOrder(this.#finished));
  }

  /** Another response goes on in its place. @returns What stands of it, with what was said behind it. */
  goOn({ responseId, input }: SteeredEvent): ResponseItem[] {
    this.#isSuccessor = true;
    const finished = inOutputOrder(this.#finished);
    if (responseId !== undefined) this.attempt?.steered(responseId, finished, input);
    this.#finished = [];
    this.#begun = 0;
    return [...finished, ...input];
  }

  #items(): readonly ResponseItem[] {
    return this.#finished.map(({ item }) => item);
  }
}
