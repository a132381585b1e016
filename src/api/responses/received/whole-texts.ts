import type { ResponseItem } from "../../wire/items.ts";
import type { WholeTextEvent } from "../events/decoded.ts";
import type { ResponseEvent } from "../events/types.ts";
import { itemText } from "./item-text.ts";

type Piece = WholeTextEvent["piece"];

/**
 * Texts that came in full and in no delta: `output_text.done` without a delta before it. Usually the finished item contains them too; if it
 * does not, they have to be delivered to the reader.
 */
export class WholeTexts {
  /** A delta has come since the last full text. */
  #textPieces = false;
  #refusalPieces = false;
  #heldBack: Piece[] = [];

  piece(type: ResponseEvent["type"]): void {
    if (type === "output_text.delta") this.#textPieces = true;
    else if (type === "refusal.delta") this.#refusalPieces = true;
  }

  /** True if the full text repeats what deltas brought. Ask once for each full text. */
  isTold(type: Piece["type"]): boolean {
    const isTold = type === "output_text.delta" ? this.#textPieces : this.#refusalPieces;
    if (type === "output_text.delta") this.#textPieces = false;
    else this.#refusalPieces = false;
    return isTold;
  }

  /** @returns True if the text is new. It is held back until it is clear whether an item brings it. */
  holdBack({ piece }: WholeTextEvent): boolean {
    if (this.isTold(piece.type) || piece.delta === "") return false;
    this.#heldBack.push(piece);
    return true;
  }

  /** The texts to deliver before an item is reported as finished. */
  takeWithout(item: ResponseItem): readonly Piece[] {
    if (this.#heldBack.length === 0 || item.type !== "message") return NOTHING;
    return this.take().filter(
      ({ type, delta }) => !itemText(item, type === "output_text.delta" ? "output_text" : "refusal").includes(delta),
    );
  }

  /** The texts to deliver at the end. */
  take(): readonly Piece[] {
    if (this.#heldBack.length === 0) return NOTHING;
    return this.#heldBack.splice(0);
  }
}

const NOTHING: readonly Piece[] = [];
