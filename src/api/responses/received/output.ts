import { decodeItem } from "../../wire/item-decoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { filled } from "../events/fields.ts";
import type { OutputItemDoneEvent } from "../events/types.ts";

interface Delivered {
  readonly type: string;
  readonly id: string | undefined;
  readonly callId: string | undefined;
  readonly outputIndex: number | undefined;
}

/**
 * Which items of a response have been delivered. The terminal event repeats the whole output, and what is only there is delivered then; services
 * change ids on the way and leave out indices, so that an item is the same by the first of these that both know.
 */
export class DeliveredItems {
  readonly #delivered: Delivered[] = [];
  readonly #before: readonly number[];
  #furthest = -1;

  /** @param before - Places in the output of items that the reader has from an earlier stream. */
  constructor(before: readonly number[] = []) {
    this.#before = before;
  }

  /** @returns Whether it comes after one that stands behind it in the output. */
  note({ item, outputIndex }: OutputItemDoneEvent): boolean {
    this.#delivered.push({ ...identityOf(item), outputIndex });
    if (outputIndex === undefined) return false;
    const isLate = outputIndex < this.#furthest;
    this.#furthest = Math.max(this.#furthest, outputIndex);
    return isLate;
  }

  /** What of the whole output has not been delivered, in its order. */
  missingOf(output: readonly unknown[]): OutputItemDoneEvent[] {
    const left = new Set(this.#delivered);
    const wanted = output.flatMap((entry, outputIndex) => {
      if (this.#before.includes(outputIndex)) return [];
      const item = decodeItem(entry);
      return item ? [{ item, outputIndex }] : [];
    });
    // By the surest sign first, for all items, before a weaker one is asked of any.
    const missing = SIGNS.reduce(
      (rest, isSame) =>
        rest.filter(({ item, outputIndex }) => {
          const found = [...left].find((each) => isSame(each, { ...identityOf(item), outputIndex }));
          if (found) left.delete(found);
          return found === undefined;
        }),
      wanted,
    );
    return missing.map((each) => ({ type: "output_item.done", ...each }));
  }
}

const SIGNS: readonly ((left: Delivered, right: Delivered) => boolean)[] = [
  (left, right) => left.type === right.type && left.id !== undefined && left.id === right.id,
  (left, right) => left.type === right.type && left.callId !== undefined && left.callId === right.callId,
  (left, right) => left.type === right.type && left.outputIndex === right.outputIndex,
  (left, right) => left.type === right.type && left.outputIndex === undefined && !areTwo(left, right),
];

/** Both have a name of the same sort, and not the same one: of calls, whose ids nobody changes. */
function areTwo(left: Delivered, right: Delivered): boolean {
  return left.callId !== undefined && right.callId !== undefined;
}

function identityOf(item: ResponseItem): Omit<Delivered, "outputIndex"> {
  const { type, id, call_id: callId } = item as { type: string; id?: unknown; call_id?: unknown };
  return { type, id: filled(id), callId: filled(callId) };
}

/** Finished items as they stand in the output; where one has no index, as they came. */
export function inOutputOrder(finished: readonly OutputItemDoneEvent[]): ResponseItem[] {
  const isPlaced = finished.every(({ outputIndex }) => outputIndex !== undefined);
  const placed = isPlaced
    ? [...finished].sort((left, right) => (left.outputIndex ?? 0) - (right.outputIndex ?? 0))
    : finished;
  return placed.map(({ item }) => item);
}
