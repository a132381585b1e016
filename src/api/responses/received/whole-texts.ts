import type { ResponseItem } from "../../wire/items.ts";
import type { WholeTextEvent } from "../events/decoded.ts";
import type { ResponseEvent } from "../events/types.ts";
import { itemText } from "./item-text.ts";

type Piece = WholeTextEvent["piece"];

/**
 * Words that came as a whole and in no piece: `output_text.done` without a delta before it. The finished item holds them too, as a rule; where it does
 * not, they are owed to the reader.
 */
export class WholeTexts {
  /** A piece has come since the last whole. */
  #textPieces = false;
  #refusalPieces = false;
  #heldBack: Piece[] = [];

  piece(type: ResponseEvent["type"]): void {
    if (type === "output_text.delta") this.#textPieces = true;
    else if (type === "refusal.delta") this.#refusalPieces = true;
  }

  /** Does a whole of these pieces say nothing new? Asked once for each whole. */
  isTold(type: Piece["type"]): boolean {
    const isTold = type === "output_text.delta" ? this.#textPieces : this.#refusalPieces;
    if (type === "output_text.delta") this.#textPieces = false;
    else this.#refusalPieces = false;
    return isTold;
  }

  /** @returns Whether the whole is news; it is held back until it shows whether an item brings it. */
  holdBack({ piece }: WholeTextEvent): boolean {
    if (this.isTold(piece.type) || piece.delta === "") return false;
    this.#heldBack.push(piece);
    return true;
  }

  /** What is owed before an item is told as finished. */
  takeWithout(item: ResponseItem): readonly Piece[] {
    if (this.#heldBack.length === 0 || item.type !== "message") return NOTHING;
    return this.take().filter(
      ({ type, delta }) => !itemText(item, type === "output_text.delta" ? "output_text" : "refusal").includes(delta),
    );
  }

  /** What is owed at the end. */
  take(): readonly Piece[] {
    if (this.#heldBack.length === 0) return NOTHING;
    return this.#heldBack.splice(0);
  }
}

const NOTHING: readonly Piece[] = [];
