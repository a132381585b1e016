/**
 * The sticky-routing token of a turn (`x-codex-turn-state`): set once, by the first answer that carries it, and sent with every later
 * request of the same turn. Use a new one for each turn.
 */
export class TurnState {
  #value: string | undefined;

  get value(): string | undefined {
    return this.#value;
  }

  /** The first value wins; later ones are ignored, as in the reference. */
  set(value: string | undefined): void {
    this.#value ??= value;
  }
}
