import { decodeItem } from "../../wire/item-decoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { filled } from "../../wire/json.ts";
import type { DeltaEvent, OutputItemDoneEvent } from "../events/types.ts";
import { deltasOf, hasText } from "./item-parts.ts";

interface Identity {
  readonly type: string;
  readonly id: string | undefined;
  readonly callId: string | undefined;
  readonly outputIndex: number | undefined;
}

interface Delivered extends Identity {
  /** Of its wire event, in characters. */
  readonly size: number;
  /** It had no text when it was delivered. */
  readonly isBare: boolean;
}

/** What the terminal event's output has and no event before it. */
interface Rest {
  readonly missing: readonly OutputItemDoneEvent[];
  /** The texts of items that were delivered without any, as deltas. */
  readonly texts: readonly DeltaEvent[];
}

/**
 * Knows which items of a response have been delivered. The terminal event repeats the whole output; items that appear only there are
 * delivered then. Services change ids on the way and leave out indexes, so two items are the same if the first property that both have is
 * equal.
 */
export class DeliveredItems {
  readonly #delivered: Delivered[] = [];
  readonly #before: readonly number[];
  #furthest = -1;

  /** @param before - Output indexes of items that the reader got from an earlier stream. */
  constructor(before: readonly number[] = []) {
    this.#before = before;
  }

  /**
   * True if the item has been delivered, and a gateway sends the same event again. Ids alone do not show that, since some gateways give
   * every item the same.
   */
  isRepeated({ item, outputIndex }: OutputItemDoneEvent, size: number): boolean {
    const { type, id, callId } = identityOf(item);
    if (callId === undefined && (id === undefined || outputIndex === undefined)) return false;
    return this.#delivered.some(
      (each) =>
        each.type === type &&
        each.id === id &&
        each.callId === callId &&
        each.outputIndex === outputIndex &&
        each.size === size,
    );
  }

  /** @returns True if the item came after one that follows it in the output. */
  note({ item, outputIndex }: OutputItemDoneEvent, size: number): boolean {
    this.#delivered.push({ ...identityOf(item), outputIndex, size, isBare: !hasText(item) });
    if (outputIndex === undefined) return false;
    const isLate = outputIndex < this.#furthest;
    this.#furthest = Math.max(this.#furthest, outputIndex);
    return isLate;
  }

  /** What of the whole output has not been delivered, in order. */
  restOf(output: readonly unknown[]): Rest {
    const texts: DeltaEvent[] = [];
    const left = new Set(this.#delivered);
    const wanted = output.flatMap((entry, outputIndex) => {
      if (this.#before.includes(outputIndex)) return [];
      const item = decodeItem(entry);
      return item ? [{ item, outputIndex }] : [];
    });
    // Match all items by the most reliable property before trying a weaker one.
    const missing = SIGNS.reduce(
      (rest, isSame) =>
        rest.filter(({ item, outputIndex }) => {
          const found = [...left].find((each) => isSame(each, { ...identityOf(item), outputIndex }));
          if (found?.isBare) texts.push(...deltasOf(item, found.outputIndex ?? outputIndex));
          if (found) left.delete(found);
          return found === undefined;
        }),
      wanted,
    );
    return { missing: missing.map((each) => ({ type: "output_item.done", ...each })), texts };
  }
}

const SIGNS: readonly ((left: Identity, right: Identity) => boolean)[] = [
  (left, right) => left.type === right.type && left.id !== undefined && left.id === right.id,
  (left, right) => left.type === right.type && left.callId !== undefined && left.callId === right.callId,
  (left, right) => left.type === right.type && left.outputIndex === right.outputIndex,
  (left, right) => left.type === right.type && left.outputIndex === undefined && !areTwo(left, right),
];

/** True if both have an id of the same kind and the ids differ. Only call ids count, because services never change those. */
function areTwo(left: Identity, right: Identity): boolean {
  return left.callId !== undefined && right.callId !== undefined;
}

function identityOf(item: ResponseItem): Omit<Identity, "outputIndex"> {
  const { type, id, call_id: callId } = item as { type: string; id?: unknown; call_id?: unknown };
  return { type, id: filled(id), callId: filled(callId) };
}

/** Finished items in output order; if one has no index, in order of arrival. */
export function inOutputOrder(finished: readonly OutputItemDoneEvent[]): ResponseItem[] {
  const isPlaced = finished.every(({ outputIndex }) => outputIndex !== undefined);
  const placed = isPlaced
    ? [...finished].sort((left, right) => (left.outputIndex ?? 0) - (right.outputIndex ?? 0))
    : finished;
  return placed.map(({ item }) => item);
}
