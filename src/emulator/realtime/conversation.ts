import { type Fields, listIn, stringIn } from "../fields.ts";
import { ServiceError } from "../service-error.ts";
import type { PlacedItem } from "./dialect.ts";

/** Puts an item before all others. */
const ROOT = "root";

/** The items of a session, in order, and how much of the model's audio was sent. */
export class Conversation {
  readonly items: Fields[] = [];
  readonly #audioMs = new Map<string, number>();
  /** For speech: what the model understood, whether or not a transcript was requested. */
  readonly #words = new Map<string, string>();

  get lastId(): string | null {
    return stringIn(this.items.at(-1) ?? {}, "id") ?? null;
  }

  /** @throws {@link ServiceError} There is no item `behind`. */
  add(item: Fields, behind?: string): PlacedItem {
    if (behind === undefined) {
      const previousItemId = this.lastId;
      this.items.push(item);
      return { item, previousItemId };
    }
    const at = behind === ROOT ? 0 : this.#indexOf(behind, "previous_item_id") + 1;
    this.items.splice(at, 0, item);
    return { item, previousItemId: behind === ROOT ? null : behind };
  }

  /** Replaces an item; one that was deleted stays deleted. */
  replace(item: Fields): void {
    const at = this.items.findIndex(({ id }) => id === item.id);
    if (at !== -1) this.items[at] = item;
  }

  heard(itemId: string, words: string): void {
    this.#words.set(itemId, words);
  }

  /** The items as the model reads them: audio as its words. */
  readable(): readonly Fields[] {
    return this.items.map((item) => {
      const words = this.#words.get(stringIn(item, "id") ?? "");
      if (!Array.isArray(item.content)) return item;
      return { ...item, content: listIn(item, "content").map((part) => ({ text: part.transcript ?? words, ...part })) };
    });
  }

  /** @throws {@link ServiceError} There is no such item. */
  get(id: string | undefined): Fields {
    return this.items[this.#indexOf(id, "item_id")] ?? {};
  }

  /** @throws {@link ServiceError} There is no such item. */
  delete(id: string | undefined): void {
    this.items.splice(this.#indexOf(id, "item_id"), 1);
  }

  /** Records that more of an item's audio was sent. */
  sent(itemId: string, audioMs: number): void {
    this.#audioMs.set(itemId, (this.#audioMs.get(itemId) ?? 0) + audioMs);
  }

  /**
   * Ends an item's audio. Its transcript is removed, because it is not known where the cut is in it.
   *
   * @throws {@link ServiceError} There is no audio of the item, or less than that.
   */
  truncate(id: string | undefined, audioEndMs: unknown): void {
    const sentMs = this.#audioMs.get(id ?? "");
    if (id === undefined || sentMs === undefined) throw notFound(id, "item_id");
    if (typeof audioEndMs !== "number" || audioEndMs > sentMs) {
      throw new ServiceError(400, {
        message: `Audio content of ${Math.floor(sentMs)}ms is already shorter than ${String(audioEndMs)}ms`,
        code: "invalid_value",
        param: "audio_end_ms",
      });
    }
    const at = this.items.findIndex((item) => item.id === id);
    const item = this.items[at];
    if (item)
      this.items[at] = { ...item, content: listIn(item, "content").map((part) => ({ ...part, transcript: "" })) };
  }

  #indexOf(id: string | undefined, param: string): number {
    const at = this.items.findIndex((item) => item.id === id);
    if (at === -1) throw notFound(id, param);
    return at;
  }
}

function notFound(id: string | undefined, param: string): ServiceError {
  return new ServiceError(400, {
    message: `Item with item_id '${String(id)}' not found.`,
    code: "item_not_found",
    param,
  });
}
