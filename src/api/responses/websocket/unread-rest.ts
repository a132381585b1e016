import { idIn, type JsonObject } from "../../wire/json.ts";
import { rowOfEvent } from "../events/registry.ts";
import type { LeftResponse } from "../source.ts";

/** The rest of a response whose reader has left: its finished items are counted, and its end is noticed. */
export class UnreadRest {
  #finishedItems: number;
  #left: LeftResponse | undefined;

  /** @param finishedItems - How many items were finished when the reader left. */
  constructor(finishedItems: number) {
    this.#finishedItems = finishedItems;
  }

  /** What a conversation can continue from, once the service has ended the response with a result. */
  get left(): LeftResponse | undefined {
    return this.#left;
  }

  /** Takes an event of the response. @returns True if it ends the response. */
  take(event: JsonObject): boolean {
    const { type, response } = event;
    if (type === "response.output_item.done") this.#finishedItems += 1;
    if (!rowOfEvent(event)?.ends) return false;
    const responseId = idIn(response);
    const isWhole = type === "response.completed" || type === "response.incomplete";
    if (isWhole && responseId !== undefined) this.#left = { responseId, finishedItems: this.#finishedItems };
    return true;
  }
}
