import { rateOf, type TurnCache, type WholeReason } from "../responses/received/cache-use.ts";

/** The cache figures of all answers so far. `whole` counts the requests that were sent whole, by reason. */
export interface SessionCache extends Omit<TurnCache, "whole"> {
  readonly answers: number;
  readonly whole: Readonly<Partial<Record<WholeReason, number>>>;
  readonly last?: TurnCache;
}

/** Adds up what the answers report about the service's prompt cache. */
export class CacheTally {
  readonly #also: CacheTally | undefined;
  readonly #whole: Partial<Record<WholeReason, number>> = {};
  #answers = 0;
  #inputTokens = 0;
  #readTokens = 0;
  #writtenTokens = 0;
  #last: TurnCache | undefined;

  /** @param also - A tally that counts the same answers: the session's, when this one belongs to a lane. */
  constructor(also?: CacheTally) {
    this.#also = also;
  }

  note(turn: TurnCache): void {
    this.#answers += 1;
    this.#inputTokens += turn.inputTokens;
    this.#readTokens += turn.readTokens;
    this.#writtenTokens += turn.writtenTokens;
    if (turn.whole) this.#whole[turn.whole.reason] = (this.#whole[turn.whole.reason] ?? 0) + 1;
    this.#last = turn;
    this.#also?.note(turn);
  }

  snapshot(): SessionCache {
    return {
      answers: this.#answers,
      inputTokens: this.#inputTokens,
      readTokens: this.#readTokens,
      writtenTokens: this.#writtenTokens,
      ...rateOf(this.#readTokens, this.#inputTokens),
      whole: { ...this.#whole },
      ...(this.#last ? { last: this.#last } : {}),
    };
  }
}
