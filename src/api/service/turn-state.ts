import { isSendableHeaderValue } from "../../client/headers.ts";

/**
 * The sticky-routing token of a turn (`x-codex-turn-state`): set once, by the first answer that carries it, and sent with every later
 * request of the same turn. Use a new one for each turn.
 */
export class TurnState {
  #value: string | undefined;

  get value(): string | undefined {
    return this.#value;
  }

  /** The first value wins; later ones are ignored, as in the reference, and so is one that no header could carry back. */
  set(value: string | undefined): void {
    if (value !== undefined && isSendableHeaderValue(value)) this.#value ??= value;
  }
}
