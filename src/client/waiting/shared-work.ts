import { copyOfFailure } from "../failure/failure.ts";
import { AbortedError } from "../failure/kinds.ts";
import { acceptSignal, unlessAborted } from "./abort.ts";

interface Underway<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
  /** Somebody has its error. */
  hasFailed: boolean;
}

/** Work that is done once for all who ask while it is under way. It is given up when none of them waits any more. */
export class SharedWork<Result> {
  #underway: Underway<Result> | undefined;

  /**
   * Waits for the work under way, or begins it.
   *
   * @param signal - Ends the waiting of this caller alone.
   * @throws {@link AbortedError} `signal` fired; else what `work` throws, as an object of its own for each caller: each notes on it what became of his call.
   */
  async join(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    acceptSignal(signal);
    if (signal?.aborted) throw new AbortedError(signal.reason);
    this.#underway ??= this.#begin(work);
    const shared = this.#underway;
    shared.waiting += 1;
    try {
      return await unlessAborted(signal, () => shared.result);
    } catch (error) {
      if (shared.hasFailed) throw copyOfFailure(error);
      shared.hasFailed = true;
      throw error;
    } finally {
      shared.waiting -= 1;
      if (shared.waiting === 0) this.#end(shared);
    }
  }

  #begin(work: (signal: AbortSignal) => Promise<Result>): Underway<Result> {
    const controller = new AbortController();
    const result = work(controller.signal);
    result.catch(() => {}); // those who wait hear of it; without any, it is not needed
    return { result, controller, waiting: 0, hasFailed: false };
  }

  #end(shared: Underway<Result>): void {
    if (this.#underway !== shared) return;
    this.#underway = undefined;
    shared.controller.abort();
  }
}
