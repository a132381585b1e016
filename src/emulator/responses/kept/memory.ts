import type { BoundedMap } from "../../bounded-map.ts";
import type { Fields } from "../../fields.ts";
import { fieldsIn, stringIn } from "../../fields.ts";
import { ServiceError } from "../../service-error.ts";

/** Conversations by the id of their newest response, so that a request can continue one. */
export type ResponseMemory = BoundedMap<string, readonly Fields[]>;

export function previousResponseNotFound(responseId: string): ServiceError {
  return new ServiceError(400, {
    message: `Previous response with id '${responseId}' not found.`,
    param: "previous_response_id",
    code: "previous_response_not_found",
  });
}

/** Observes the events that are sent, those of scripts and those of the model. */
export class OutputObserver {
  readonly #items: Fields[] = [];
  #response: Fields | undefined;

  observe(event: unknown): void {
    if (typeof event !== "object" || event === null) return;
    const fields: Fields = { ...event };
    const item = fieldsIn(fields, "item");
    if (fields.type === "response.output_item.done" && item) this.#items.push(item);
    if (fields.type === "response.completed" || fields.type === "response.incomplete") {
      this.#response = fieldsIn(fields, "response");
    }
  }

  /** The response, once it is complete and can be continued. */
  get completed(): { readonly id: string; readonly response: Fields; readonly items: readonly Fields[] } | undefined {
    const id = this.#response && stringIn(this.#response, "id");
    return id === undefined || !this.#response ? undefined : { id, response: this.#response, items: this.#items };
  }
}
