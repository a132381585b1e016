import { BuildError } from "../../../client/failure/kinds.ts";
import { acceptSignal } from "../../../client/waiting/abort.ts";
import { RequestTurns } from "../../responses/websocket/turns.ts";
import { beginCall, type CallScope } from "../../service/call.ts";
import type { Line } from "../../service/line.ts";
import type { CallFacts } from "../../service/observer.ts";

/** A call whose turn has come. */
export interface Admitted {
  readonly scope: CallScope;
  /** Fires when the caller's signal does, when the lane is closed, and on `cancel`. */
  readonly signal: AbortSignal;
  /** Lets the next call start. To be called once. */
  leave(): void;
  cancel(): void;
}

/** The calls of one lane: one at a time, in the order they were made, each with a signal of its own. */
export class LaneCalls {
  readonly #lane: string;
  readonly #line: Line;
  readonly #turns = new RequestTurns();
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(lane: string, line: Line) {
    this.#lane = lane;
    this.#line = line;
  }

  /** @throws {@link BuildError} The lane is closed. */
  checkOpen(): void {
    if (!this.#isClosed) return;
    throw new BuildError(`the session, or its lane ${JSON.stringify(this.#lane)}, is closed; make a new one`);
  }

  /** Waits for a call's turn. @throws {@link BuildError} The lane is closed. {@link AbortedError} The signal fired, or the lane was closed. */
  async admit(caller: AbortSignal | undefined, facts: Omit<CallFacts, "callId">): Promise<Admitted> {
    this.checkOpen();
    acceptSignal(caller);
    const controller = new AbortController();
    const { signal } = controller;
    const onAbort = (): void => controller.abort(caller?.reason);
    const forget = (): void => {
      caller?.removeEventListener("abort", onAbort);
      this.#underWay.delete(controller);
    };
    if (caller?.aborted) onAbort();
    else caller?.addEventListener("abort", onAbort, { once: true });
    this.#underWay.add(controller);
    const scope = beginCall(this.#line, { lane: this.#lane, ...facts });
    const ahead = this.#turns.ahead(undefined);
    if (ahead > 0) scope.observer.waits(ahead);
    try {
      await scope.observer.opening(() => this.#turns.enter(undefined, signal));
    } catch (error) {
      forget();
      throw error;
    }
    return {
      scope,
      signal,
      leave: () => {
        forget();
        this.#turns.leave(undefined);
      },
      cancel: () => controller.abort(new Error("the stream was left")),
    };
  }

  /** Ends calls that run or wait with an `aborted` error, and accepts no more. */
  close(reason: string): void {
    this.#isClosed = true;
    for (const controller of this.#underWay) controller.abort(new Error(reason)); // only where there are any: its stack costs
  }
}
