import type { Buffer } from "node:buffer";
import { fieldOf, filled, idIn, type JsonObject } from "../../wire/json.ts";
import { rowOfEvent } from "./registry.ts";

/** How many ids are remembered of the earlier responses, and of the current one. */
const MOST_IDS = 256;

/**
 * The responses that came before the current one on a connection or a lane. Some servers send events of a response after its end, when the
 * next one is already running. Such an event is recognised by an id that the earlier response announced, its own or that of one of its
 * items; without ids, by a sequence number that continues the earlier response. What the current response announces is its own, because
 * some servers give all responses the same ids; if it announces nothing, an end counts as its own, whatever id it has. An event without ids
 * and number always belongs to the current response.
 */
export class EarlierResponses {
  readonly #ids = new Set<string>();
  readonly #current = new Set<string>();
  /** The current response has begun with its id. */
  #isAnnounced = false;
  /** The number of the next event of the last response. */
  #nextNumber: number | undefined;

  /**
   * The current response is an earlier one from now on.
   *
   * @param nextNumber - Follows its last sequence number; undefined if that is not known.
   */
  next(nextNumber: number | undefined): void {
    for (const id of this.#current) this.#ids.add(id);
    for (const id of this.#ids) {
      if (this.#ids.size <= MOST_IDS) break;
      this.#ids.delete(id);
    }
    this.#current.clear();
    this.#isAnnounced = false;
    this.#nextNumber = nextNumber;
  }

  /** True if an event belongs to an earlier response, by its ids. An event that announces an id is noted. */
  own(event: JsonObject): boolean {
    const { type, response_id } = event;
    if (type === "response.created") this.#isAnnounced = true;
    else if (!this.#isAnnounced && rowOfEvent(event)?.ends) return false;
    else if (this.#has(response_id)) return true;
    const id = announcedBy(event);
    if (id === undefined) return this.#ids.size > 0 && this.#names(event);
    this.#ids.delete(id);
    if (this.#current.size < MOST_IDS) this.#current.add(id);
    return false;
  }

  /** True if an event has an id of an earlier response. Notes nothing. */
  knows(event: JsonObject): boolean {
    return idsOf(event).some((id) => this.#has(id));
  }

  /** True if an event has an id that the current response has announced. */
  announces(event: JsonObject): boolean {
    return idsOf(event).some((id) => typeof id === "string" && this.#current.has(id));
  }

  /** True if an event is about a response with the id of an earlier one. */
  share({ response }: JsonObject): boolean {
    return this.#has(fieldOf(response, "id"));
  }

  /** True if the text of an event that is not parsed contains one of the ids. */
  mayOwn(text: string | Buffer): boolean {
    for (const id of this.#ids) if (text.includes(id)) return true;
    return false;
  }

  /**
   * True if the sequence number of an event without ids continues the last response. Ask once for each event.
   *
   * @param expected - The number that the current response's next event should have. Undefined if it has none so far.
   */
  continueWith(number: unknown, expected: number | undefined): boolean {
    if (number === undefined || number !== this.#nextNumber) return false;
    if (expected === undefined || this.#nextNumber <= expected) return false;
    this.#nextNumber += 1;
    return true;
  }

  #names(event: JsonObject): boolean {
    return this.share(event) || this.#has(event.item_id) || this.#has(fieldOf(event.item, "id"));
  }

  #has(id: unknown): boolean {
    return typeof id === "string" && this.#ids.has(id);
  }
}

/** True if an event tells by an id which response it belongs to. */
export function hasId(event: JsonObject): boolean {
  return idsOf(event).some((id) => filled(id) !== undefined);
}

function idsOf(event: JsonObject): unknown[] {
  return [event.response_id, fieldOf(event.response, "id"), event.item_id, fieldOf(event.item, "id")];
}

function announcedBy({ type, response, item }: JsonObject): string | undefined {
  if (type === "response.created") return idIn(response);
  return type === "response.output_item.added" ? idIn(item) : undefined;
}
