import type { ResponseEvent, ResponseItem } from "../../../src/index.ts";
import { digestOf, type Item } from "./history.ts";

/** Checks what a call has yielded. Each fault is a sentence. */
export class AnswerCheck {
  readonly items: ResponseItem[] = [];
  readonly faults: string[] = [];
  readonly #meant: readonly Item[];
  /** Items that were finished before the stream started again: they are part of its request. */
  #kept = 0;
  #text = "";
  /** Text of the reasoning, which comes first and is not repeated. */
  #summary = "";
  /** Length of the text when each item was finished. */
  readonly #marks: number[] = [];
  #completed = 0;

  /** @param meant - The history that the caller gave. */
  constructor(meant: readonly Item[]) {
    this.#meant = meant;
  }

  event(event: ResponseEvent): void {
    if (this.#completed > 0) this.faults.push(`${event.type} came after the end`);
    if (event.type === "output_text.delta") this.#text += event.delta;
    else if (event.type === "reasoning_summary_text.delta") this.#summary += event.delta;
    else if (event.type === "output_item.done") {
      this.items.push(event.item);
      this.#marks.push(this.#text.length);
    } else if (event.type === "restarted") this.#restart(event.keptItems);
    else if (event.type === "completed") this.#end();
  }

  #restart(kept: number): void {
    if (kept > this.items.length) this.faults.push(`${kept} items are kept of ${this.items.length}`);
    this.items.length = kept;
    this.#marks.length = kept;
    this.#text = this.#text.slice(0, this.#marks.at(-1) ?? 0);
    this.#kept = kept;
  }

  #end(): void {
    this.#completed += 1;
    const items = this.items as readonly Item[];
    const ids = items.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) this.faults.push(`an item came twice: ${ids.join(", ")}`);
    if (this.#text !== textOf(items)) this.faults.push(`the deltas say ${this.#text}, the items ${textOf(items)}`);
    const summary = summaryOf(items);
    if (this.#summary !== summary) this.faults.push(`the deltas reason ${this.#summary}, the items ${summary}`);
    for (const [index, item] of items.entries()) {
      if (index < this.#kept || item.type === "reasoning") continue;
      const history = [...this.#meant, ...items.slice(0, index).filter(({ type }) => type !== "reasoning")];
      const told = item.type === "function_call" ? String(item.call_id).slice(5) : textOf([item]).slice(0, 24);
      if (told !== digestOf(history)) this.faults.push(`item ${index} answers a history that was not meant`);
    }
  }
}

function textOf(items: readonly Item[]): string {
  return items
    .filter(({ type }) => type === "message")
    .flatMap(({ content }) => (content ?? []) as (Item | undefined)[]) // a text damaged on the way can be anything
    .map((part) => part?.text)
    .join("");
}

function summaryOf(items: readonly Item[]): string {
  return items
    .filter(({ type }) => type === "reasoning")
    .flatMap(({ summary }) => (summary ?? []) as (Item | undefined)[])
    .map((part) => part?.text)
    .join("");
}
