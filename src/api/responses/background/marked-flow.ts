import type { RawData } from "../../../client/raw-text.ts";
import type { Carrier } from "../ending.ts";
import type { DeltaRun } from "../events/fast/index.ts";
import type { ResponseEvent } from "../events/types.ts";
import { type FlowOptions, ResponseFlow } from "../flow.ts";
import { outputIndexesOf } from "./piece.ts";
import { type Advance, Progress, type ResponsePosition } from "./position.ts";

/** A flow that keeps the position of each event. Queued events have arrived but are not read: a saved position must not skip them. */
export class MarkedFlow extends ResponseFlow {
  /** Everything that has arrived, read or not. */
  readonly arrived: Progress;
  readonly #taken: Progress;
  readonly #marks = new WeakMap<ResponseEvent, readonly Advance[]>();
  /** Advances from events that yield nothing to the reader. */
  #unmarked: Advance[] = [];
  #last: ResponseEvent | undefined;

  constructor(carrier: Carrier, options: FlowOptions, from: Partial<ResponsePosition>) {
    super(carrier, {
      ...options,
      finishedBefore: from.finished,
      begunBefore: outputIndexesOf(Object.keys(from.underWay ?? {})),
    });
    this.arrived = new Progress(from);
    this.#taken = new Progress(from);
  }

  override event(event: ResponseEvent, size?: number): void {
    this.#last = event;
    super.event(event, size);
  }

  override deltas(run: DeltaRun): void {
    this.#last = run.events.at(-1);
    super.deltas(run);
  }

  /** Reads one event. The last typed event it yields moves the reader's position by `advance`. */
  advance(raw: RawData, advance: Advance): void {
    this.arrived.note(advance);
    this.#last = undefined;
    this.#unmarked.push(advance);
    this.read(raw);
    if (this.#last === undefined) return;
    this.#marks.set(this.#last, this.#unmarked);
    this.#unmarked = [];
  }

  /** The reader has taken this event. */
  tookEvent(event: ResponseEvent): void {
    for (const advance of this.#marks.get(event) ?? NONE) this.#taken.note(advance);
  }

  /** The reader's position. */
  positionIn(responseId: string): ResponsePosition {
    return this.#taken.positionIn(responseId);
  }
}

const NONE: readonly Advance[] = [];
