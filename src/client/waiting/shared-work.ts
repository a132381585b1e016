import { copyOfFailure } from "../failure/failure.ts";
import { AbortedError } from "../failure/kinds.ts";
import { acceptSignal, unlessAborted } from "./abort.ts";

interface Underway<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  waiting: number;
  /** A caller has got its error. */
  hasFailed: boolean;
}

/** Work that is done once for all callers that ask while it runs. It is aborted when none of them waits any more. */
export class SharedWork<Result> {
  #underway: Underway<Result> | undefined;

  /**
   * Joins the running work, or starts it.
   *
   * @param signal - Ends the wait of this caller only.
   * @throws {@link AbortedError} `signal` fired. Otherwise the errors of `work`, copied for each caller, because each adds to it what
   *   became of its own call.
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
    result.catch(() => {}); // waiting callers get the error; without any, it is not needed
    return { result, controller, waiting: 0, hasFailed: false };
  }

  #end(shared: Underway<Result>): void {
    if (this.#underway !== shared) return;
    this.#underway = undefined;
    shared.controller.abort();
  }
}
