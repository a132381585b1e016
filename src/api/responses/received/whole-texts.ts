import { idIn } from "../../wire/json.ts";
import type { WholeTextEvent } from "../events/decoded.ts";
import { told } from "../events/fields.ts";
import type { DeltaEvent, OutputItemDoneEvent, ServedEvent } from "../events/types.ts";
import { mayHave, partIndexOf, textsIn } from "./item-parts.ts";

type Piece = WholeTextEvent["piece"];

/** How the parts of an item's text are counted: summaries and contents separately; a call has one text. */
export type TextIndex = "content_index" | "summary_index" | "none";

/** Which text an event is about, as far as it says. */
export interface TextPlace {
  readonly index: TextIndex;
  readonly outputIndex?: number | undefined;
  readonly itemId?: string | undefined;
  readonly partIndex?: number | undefined;
}

/**
 * Texts that came in full and in no delta: `output_text.done` or `content_part.done` without a delta before it. Usually the finished item
 * contains them too; if it does not, they have to be delivered to the reader.
 */
export class WholeTexts {
  /** Keys of the texts that deltas have brought. */
  readonly #told = new Set<string>();
  /** The same, of deltas that do not say to which item they belong: it is the one under way. */
  readonly #toldOfItem = new Set<string>();
  #isItemOver = false;
  /** Of the last delta, so that the next ones of the same text cost nothing. */
  #last: TextPlace | undefined;
  #heldBack: Piece[] = [];

  /** @param begunBefore - Output indexes of items whose beginning came in an earlier stream: nothing of them is new. Default: none. */
  constructor(begunBefore: readonly number[] = []) {
    for (const outputIndex of begunBefore) this.#told.add(`${outputIndex}/all`);
  }

  /** Deltas have brought a part of this text. */
  piece(
    type: DeltaEvent["type"],
    outputIndex: number | undefined,
    itemId: string | undefined,
    partIndex: number | undefined,
  ): void {
    const index = indexOf(type);
    if (this.#isLast(index, outputIndex, itemId, partIndex)) return;
    const place = { index, outputIndex, itemId, partIndex };
    if (this.#isItemOver) this.#forgetItem();
    this.#last = place;
    const [item = ""] = itemKeys(place);
    const key = `${item}/${partKey(place)}`;
    if (item === "") this.#toldOfItem.add(key);
    else this.#told.add(key);
    this.#toldOfItem.add(ANY);
  }

  /** Notes what an event that is delivered brings. */
  note(event: ServedEvent): void {
    if ("delta" in event) this.piece(event.type, event.outputIndex, event.itemId, partIndexOf(event));
    else if (event.type === "reasoning_summary_text.done")
      this.piece("reasoning_summary_text.delta", event.outputIndex, event.itemId, event.summaryIndex);
    else if (event.type === "output_item.added") this.#forgetItem();
  }

  /** True if deltas have brought this text. */
  isTold(place: TextPlace): boolean {
    if (this.#isLast(place.index, place.outputIndex, place.itemId, place.partIndex)) return true; // as usual
    const items = itemKeys(place);
    if (items.length === 0) return this.#toldOfItem.has(ANY);
    // Deltas may have had no index of the part.
    const parts = [partKey(place), partKey({ ...place, partIndex: undefined })];
    if (place.partIndex === undefined) parts.push(partKey({ ...place, partIndex: 0 }));
    if (this.#told.has(`${items[0]}/all`)) return true;
    return parts.some(
      (part) => items.some((item) => this.#told.has(`${item}/${part}`)) || this.#toldOfItem.has(`/${part}`),
    );
  }

  /** @returns True if the text is new. It is held back until it is clear whether an item brings it. */
  holdBack({ piece }: WholeTextEvent): boolean {
    const place = placeOf(piece);
    if (piece.delta === "" || this.isTold(place) || this.#heldBack.some((held) => isSame(held, piece))) return false;
    this.#heldBack.push(piece);
    return true;
  }

  /** The texts to deliver before an item is reported as finished. */
  takeWithout({ item, outputIndex }: OutputItemDoneEvent): readonly Piece[] {
    const itemId = idIn(item);
    this.#isItemOver = true;
    if (this.#heldBack.length === 0) return NOTHING;
    const own = this.#heldBack.filter((piece) => isOf(piece, { item, itemId, outputIndex }));
    this.#heldBack = this.#heldBack.filter((piece) => !own.includes(piece));
    return own
      .map((piece) => ({ ...piece, ...told({ outputIndex: outputIndex ?? piece.outputIndex }) }))
      .filter((piece) => !this.isTold({ ...placeOf(piece), itemId }) && !has(item, piece));
  }

  /** Those of the texts that no event has brought. */
  newOf(texts: readonly Piece[]): readonly Piece[] {
    return texts.filter((piece) => !this.isTold(placeOf(piece)));
  }

  /** The texts to deliver at the end. */
  take(): readonly Piece[] {
    if (this.#heldBack.length === 0) return NOTHING;
    return this.#heldBack.splice(0);
  }

  /** True if the last delta was of this text. */
  #isLast(
    index: TextIndex,
    outputIndex: number | undefined,
    itemId: string | undefined,
    partIndex: number | undefined,
  ): boolean {
    const last = this.#last;
    if (last?.index !== index || last.outputIndex !== outputIndex || last.partIndex !== partIndex) return false;
    return outputIndex !== undefined || last.itemId === itemId;
  }

  /** Another item is under way. */
  #forgetItem(): void {
    if (this.#toldOfItem.size > 0) this.#toldOfItem.clear(); // which allocates even if there is nothing
    this.#isItemOver = false;
    this.#last = undefined;
  }
}

const NOTHING: readonly Piece[] = [];
/** Key for any text of the item under way. */
const ANY = "any";

function placeOf(piece: Piece): TextPlace {
  const { type, outputIndex, itemId } = piece;
  return { index: indexOf(type), outputIndex, itemId, partIndex: partIndexOf(piece) };
}

/** By index first, because some services change an item's id from event to event. */
function itemKeys({ outputIndex, itemId }: TextPlace): string[] {
  return [...(outputIndex === undefined ? [] : [`${outputIndex}`]), ...(itemId === undefined ? [] : [`#${itemId}`])];
}

function partKey({ index, partIndex }: TextPlace): string {
  return `${index}${partIndex ?? ""}`;
}

function indexOf(type: DeltaEvent["type"]): TextIndex {
  switch (type) {
    case "function_call_arguments.delta":
    case "custom_tool_call_input.delta":
      return "none";
    case "reasoning_summary_text.delta":
      return "summary_index";
    default:
      return "content_index";
  }
}

/** True if two events tell the same text: `output_text.done` and then `content_part.done`. */
function isSame(held: Piece, piece: Piece): boolean {
  const [left, right] = [placeOf(held), placeOf(piece)];
  const isSamePlace =
    left.outputIndex === right.outputIndex && left.partIndex === right.partIndex && partKey(left) === partKey(right);
  return (
    isSamePlace && (held.delta === piece.delta || (left.outputIndex !== undefined && left.partIndex !== undefined))
  );
}

interface Finished {
  readonly item: OutputItemDoneEvent["item"];
  readonly itemId: string | undefined;
  readonly outputIndex: number | undefined;
}

function isOf(piece: Piece, { item, itemId, outputIndex }: Finished): boolean {
  if (piece.outputIndex !== undefined && outputIndex !== undefined) return piece.outputIndex === outputIndex;
  if (piece.itemId !== undefined && itemId !== undefined) return piece.itemId === itemId;
  return mayHave(item, piece.type);
}

function has(item: OutputItemDoneEvent["item"], piece: Piece): boolean {
  const texts = textsIn(item, piece.type);
  const partIndex = partIndexOf(piece);
  return (partIndex !== undefined && Boolean(texts[partIndex])) || texts.join("").includes(piece.delta);
}
