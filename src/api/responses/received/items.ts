import type { ResponseItem } from "../../wire/items.ts";
import { idIn, writtenJson } from "../../wire/json.ts";
import type { DeltaEvent, OutputItemDoneEvent, ResponseEvent } from "../events/types.ts";
import { partIndexOf } from "./item-parts.ts";
import { itemSummary, itemText } from "./item-text.ts";
import { Slot, SUMMARY_GAP, type TextKind } from "./slot.ts";

/** An item that has begun: the item as it was added, and the text received since. */
export interface ItemUnderWay {
  readonly outputIndex?: number;
  /** The item as it was added; absent if the service sent no `output_item.added`. */
  readonly item?: ResponseItem;
  readonly text: string;
  readonly refusal: string;
  readonly reasoningSummary: string;
  readonly reasoningText: string;
  /** Arguments of a function call, or the input of a custom tool. */
  readonly arguments: string;
}

/** Text of an item that is not finished: what a delta holds, or several of one item. */
export interface Piece {
  readonly type: DeltaEvent["type"];
  readonly outputIndex?: number | undefined;
  /** Index of the part of the item that it belongs to. */
  readonly partIndex?: number | undefined;
  readonly text: string;
}

/** The finished and unfinished items of one response, over all its streams. */
export class ReceivedItems {
  /** In the order of the output, as far as the service reports it; items of earlier streams come first. */
  readonly #slots: Slot[] = [];
  /** In the order in which they finished, which is the order that `restarted` counts in. */
  readonly #finished: Slot[] = [];
  /** Number of slots of earlier streams: indexes start again with each stream. */
  #base = 0;
  /** The item that got the last piece. */
  #last: Slot | undefined;
  #finishedSize = 0;
  #openSize = 0;
  readonly #begunBefore: readonly number[];

  /** @param begunBefore - Output indexes of items whose beginning came in an earlier stream. */
  constructor(begunBefore: readonly number[]) {
    this.#begunBefore = begunBefore;
  }

  /** Size in characters. */
  get size(): number {
    return this.#finishedSize + this.#openSize;
  }

  note(event: ResponseEvent, size: number | undefined): void {
    switch (event.type) {
      case "output_item.added":
        this.#last = this.#begin(event.outputIndex);
        this.#last.item = event.item;
        this.#last.id = idIn(event.item);
        break;
      case "output_item.done":
        this.#finish(event.item, this.#finishedSlot(event), size);
        break;
      case "reasoning_summary_part.added":
        this.#slotOf(event.outputIndex).beginSummaryPart();
        break;
      case "reasoning_summary_text.done": {
        const slot = this.#slotOf(event.outputIndex);
        const before = slot.size;
        slot.takeWholePart(event.text, event.summaryIndex);
        this.#openSize += slot.size - before;
        break;
      }
      default:
        if (!("delta" in event)) return;
        this.piece({
          type: event.type,
          outputIndex: event.outputIndex,
          partIndex: partIndexOf(event),
          text: event.delta,
        });
        if (this.#last) this.#last.id ??= event.itemId;
    }
  }

  piece({ type, outputIndex, partIndex, text }: Piece): void {
    this.#slotOf(outputIndex, undefined, type).append(type, text, partIndex);
    this.#openSize += text.length;
  }

  /** The item of an event that is about to be noted, with the texts that only other events have brought. */
  whole(event: OutputItemDoneEvent): ResponseItem {
    return this.#finishedSlot(event).whole(event.item);
  }

  /** The first `keptItems` finished items remain; everything else is dropped. */
  restart(keptItems: number): void {
    this.#finished.length = Math.min(keptItems, this.#finished.length);
    const kept = new Set(this.#finished);
    const slots = this.#slots.filter((slot) => kept.has(slot));
    this.#slots.splice(0, Number.POSITIVE_INFINITY, ...slots);
    this.#base = slots.length;
    this.#last = undefined;
    this.#openSize = slots.reduce((sum, { size }) => sum + size, 0);
  }

  /** Finished items remain, unfinished ones are dropped; `input` follows. */
  steered(input: readonly ResponseItem[]): void {
    this.restart(this.#finished.length);
    for (const item of input) this.#finish(item, this.#begin(undefined), undefined);
    this.#base = this.#slots.length;
  }

  finished(): ResponseItem[] {
    return this.#slots.flatMap((slot) => (slot.isFinished ? (slot.finishedItem ?? []) : []));
  }

  underWay(): ItemUnderWay[] {
    return this.#slots.flatMap((slot) => {
      const { isFinished, outputIndex, item } = slot;
      if (isFinished) return [];
      return {
        ...(outputIndex === undefined ? {} : { outputIndex }),
        ...(item === undefined ? {} : { item }),
        ...slot.texts(),
      };
    });
  }

  /** The answer's text: of finished items as they are, of others as far as it has arrived. */
  text(): string {
    return this.#told("text", (item) => itemText(item, "output_text")).join("");
  }

  refusal(): string {
    return this.#told("refusal", (item) => itemText(item, "refusal")).join("");
  }

  reasoningSummary(): string {
    return this.#told("reasoningSummary", itemSummary)
      .filter((summary) => summary !== "")
      .join(SUMMARY_GAP);
  }

  /** The text of this kind of each item. */
  #told(kind: TextKind, partOf: (item: ResponseItem) => string): string[] {
    return this.#slots.map((slot) => {
      const told = slot.texts()[kind];
      return told === "" && slot.item ? partOf(slot.item) : told;
    });
  }

  #finish(item: ResponseItem, slot: Slot, size: number | undefined): void {
    const before = slot.size;
    slot.finish(item, slot.outputIndex !== undefined && this.#begunBefore.includes(slot.outputIndex));
    this.#openSize += slot.size - before;
    this.#finishedSize += size ?? writtenJson(item)?.length ?? 0;
    this.#finished.push(slot);
    this.#last = undefined;
  }

  /**
   * The slot that an event belongs to: the one with its index, else the one that was written to last, which then gets the index.
   *
   * @param item - The finished item, if there is one.
   * @param type - Of the delta, if it is one: one that comes after its item, which has no text of this kind, is still the item's.
   */
  #slotOf(outputIndex: number | undefined, item?: ResponseItem, type?: Piece["type"]): Slot {
    const last = this.#last;
    if (last !== undefined && item === undefined && (outputIndex === undefined || outputIndex === last.outputIndex))
      return last;
    const found = this.#openSlot((slot) => slot.outputIndex === outputIndex, item);
    this.#last = found ?? this.#openSlot((slot) => outputIndex === undefined || slot.outputIndex === undefined, item);
    if (this.#last === undefined) this.#last = (type && this.#bareSlot(outputIndex, type)) ?? this.#begin(outputIndex);
    else if (outputIndex !== undefined && this.#last.outputIndex === undefined) this.#place(this.#last, outputIndex);
    return this.#last;
  }

  /** The slot of a finished item: the one with its id, even if its pieces came under another index. */
  #finishedSlot({ item, outputIndex }: OutputItemDoneEvent): Slot {
    const id = idIn(item);
    const isSame = (slot: Slot): boolean => id !== undefined && slot.id === id;
    const named =
      this.#openSlot((slot) => isSame(slot) && slot.outputIndex === outputIndex, item) ?? this.#openSlot(isSame, item);
    if (named === undefined) return this.#slotOf(outputIndex, item);
    if (outputIndex !== undefined && named.outputIndex !== outputIndex) this.#place(named, outputIndex);
    return named;
  }

  #openSlot(isWanted: (slot: Slot) => boolean, item: ResponseItem | undefined): Slot | undefined {
    for (let at = this.#slots.length - 1; at >= this.#base; at -= 1) {
      const slot = this.#slots[at];
      if (slot && !slot.isFinished && isWanted(slot) && (item === undefined || slot.isOf(item))) return slot;
    }
    return undefined;
  }

  /** The slot of an item that has finished without the text that deltas of a type bring. */
  #bareSlot(outputIndex: number | undefined, type: Piece["type"]): Slot | undefined {
    if (outputIndex === undefined) return undefined;
    return this.#slots.slice(this.#base).find((slot) => slot.outputIndex === outputIndex && slot.isBare(type));
  }

  /** Moves a slot to its place, once its index is known. */
  #place(slot: Slot, outputIndex: number): void {
    slot.outputIndex = outputIndex;
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#insert(slot);
  }

  #begin(outputIndex: number | undefined): Slot {
    // Pieces that claimed this index belong to another item: some services count the index of pieces in another way.
    const claimed = this.#openSlot((slot) => outputIndex !== undefined && slot.outputIndex === outputIndex, undefined);
    if (claimed) claimed.outputIndex = undefined;
    const slot = new Slot(outputIndex);
    this.#insert(slot);
    return slot;
  }

  #insert(slot: Slot): void {
    const { outputIndex } = slot;
    let at = this.#slots.length;
    if (outputIndex !== undefined) while (at > this.#base && this.#isAfter(at - 1, outputIndex)) at -= 1;
    this.#slots.splice(at, 0, slot);
  }

  #isAfter(at: number, outputIndex: number): boolean {
    const other = this.#slots[at]?.outputIndex;
    return other !== undefined && other > outputIndex;
  }
}
