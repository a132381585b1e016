import type { ResponseItem } from "../../wire/items.ts";
import type { DeltaEvent } from "../events/types.ts";
import { mayHave, type PartText, textsIn, withTexts } from "./item-parts.ts";
import { itemSummary, itemText } from "./item-text.ts";

/** The kinds of text that an item can have. */
export type TextKind = "text" | "refusal" | "reasoningSummary" | "reasoningText" | "arguments";

/** The kind of text that deltas of a type bring. */
const KIND_OF: Readonly<Record<DeltaEvent["type"], TextKind>> = {
  "output_text.delta": "text",
  "refusal.delta": "refusal",
  "reasoning_summary_text.delta": "reasoningSummary",
  "reasoning_text.delta": "reasoningText",
  "function_call_arguments.delta": "arguments",
  "custom_tool_call_input.delta": "arguments",
};

/**
 * From this many characters on, pieces are joined into one flat string. V8 represents a concatenation as a tree with one object per piece;
 * all of them live as long as the text, and each garbage collection copies them.
 */
const WRITTEN_OUT = 128;

/** Separates the parts of a reasoning summary. */
export const SUMMARY_GAP = "\n\n";

/** A part of an item's text, as its pieces have brought it. */
interface OpenPart extends PartText {
  text: string;
}

/** One item, from its first piece on. Pieces are appended, so an event costs the same however long the text is. */
export class Slot {
  outputIndex: number | undefined;
  /** The item's id, as its beginning or its first piece tells it. */
  id: string | undefined;
  item: ResponseItem | undefined;
  isFinished = false;
  /** In the order in which they began. */
  #told: OpenPart[] = [];
  /** The part that got the last piece. */
  #current: OpenPart | undefined;
  /** The end of its text, not flattened yet. */
  #pieces = "";
  /** Characters it holds besides its finished item. */
  size = 0;
  /** Pieces have come after the item. */
  #isLate = false;
  /** True until a piece of the current summary part arrives. */
  #isSummaryPartNew = true;

  constructor(outputIndex: number | undefined) {
    this.outputIndex = outputIndex;
  }

  /** All texts that its pieces have brought. */
  texts(): Readonly<Record<TextKind, string>> {
    this.#writeOut();
    const texts = { text: "", refusal: "", reasoningSummary: "", reasoningText: "", arguments: "" };
    for (const { type, text } of this.#told) {
      const kind = KIND_OF[type];
      const gap = kind === "reasoningSummary" && texts[kind] !== "" && text !== "" ? SUMMARY_GAP : "";
      texts[kind] += gap + text;
    }
    return texts;
  }

  /** True if the pieces so far can belong to this item. */
  isOf(item: ResponseItem): boolean {
    if (this.item !== undefined) return this.item.type === item.type;
    const { text, refusal, reasoningSummary, reasoningText, arguments: written } = this.texts();
    if (text !== "" || refusal !== "") return item.type === "message";
    if (reasoningSummary !== "" || reasoningText !== "") return item.type === "reasoning";
    return written === "" || (item.type !== "message" && item.type !== "reasoning");
  }

  append(type: DeltaEvent["type"], text: string, index: number | undefined): void {
    const current = this.#current;
    if (current === undefined || current.type !== type || current.index !== index) this.#turnTo(type, index);
    this.#pieces += text;
    this.size += text.length;
    this.#isLate = this.isFinished;
    if (this.#pieces.length >= WRITTEN_OUT) this.#writeOut();
  }

  beginSummaryPart(): void {
    this.#writeOut();
    this.#current = undefined;
    this.#isSummaryPartNew = true;
  }

  /** Some services send a part in full, without deltas. */
  takeWholePart(text: string, index: number | undefined): void {
    if (this.#isSummaryPartNew) this.append("reasoning_summary_text.delta", text, index);
    this.beginSummaryPart();
  }

  /** The finished item with the texts that only its pieces have brought. */
  whole(item: ResponseItem): ResponseItem {
    this.#writeOut();
    return withTexts(item, this.#told);
  }

  /** True if the finished item has no text of the kind that deltas of this type bring. */
  isBare(type: DeltaEvent["type"]): boolean {
    const { item, isFinished } = this;
    return isFinished && item !== undefined && mayHave(item, type) && textsIn(item, type).join("") === "";
  }

  /** The finished item, with what came after it. */
  get finishedItem(): ResponseItem | undefined {
    return this.item && this.#isLate ? this.whole(this.item) : this.item;
  }

  /**
   * Drops the texts that the finished item has: a gateway may have lost a piece, or sent it twice.
   * @param isRest - It began in an earlier stream, and the rest of its texts is wanted, as the pieces bring it.
   */
  finish(item: ResponseItem, isRest: boolean): void {
    this.#writeOut();
    this.item = item;
    this.isFinished = true;
    const kept = new Set<TextKind>();
    if (isRest || itemText(item, "output_text") === "") kept.add("text");
    if (isRest || itemText(item, "refusal") === "") kept.add("refusal");
    if (isRest || itemSummary(item) === "") kept.add("reasoningSummary");
    this.#told = this.#told.filter(({ type }) => kept.has(KIND_OF[type]));
    this.#current = undefined;
    this.size = this.#told.reduce((sum, part) => sum + part.text.length, 0);
  }

  #turnTo(type: DeltaEvent["type"], index: number | undefined): void {
    this.#writeOut();
    const isNew = type === "reasoning_summary_text.delta" && this.#isSummaryPartNew;
    if (isNew) this.#isSummaryPartNew = false;
    const found = isNew ? undefined : this.#told.findLast((part) => part.type === type && part.index === index);
    this.#current = found ?? { type, index, text: "" };
    if (found === undefined) this.#told.push(this.#current);
  }

  #writeOut(): void {
    const pieces = this.#pieces;
    if (pieces === "" || this.#current === undefined) return;
    pieces.charCodeAt(0); // indexing makes V8 flatten the string
    this.#current.text += pieces;
    this.#pieces = "";
  }
}
