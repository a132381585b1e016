import type { RawData } from "../../../client/raw-text.ts";
import type { Carrier } from "../ending.ts";
import type { ResponseEvent } from "../events/types.ts";
import { type FlowOptions, ResponseFlow } from "../flow.ts";
import { type Advance, Progress, type ResponsePosition } from "./position.ts";

/**
 * A flow that knows of each event how far it brings its reader. What waits in the queue has arrived and is not read: a reader that saves a position should
 * not lose it.
 */
export class MarkedFlow extends ResponseFlow {
  /** What has come, read or not. */
  readonly arrived: Progress;
  readonly #taken: Progress;
  readonly #marks = new WeakMap<ResponseEvent, readonly Advance[]>();
  /** Of events that said nothing to the reader. */
  #unmarked: Advance[] = [];
  #last: ResponseEvent | undefined;

  constructor(carrier: Carrier, options: FlowOptions, from: Partial<ResponsePosition>) {
    super(carrier, { ...options, finishedBefore: from.finished });
    this.arrived = new Progress(from);
    this.#taken = new Progress(from);
  }

  override event(event: ResponseEvent, size?: number): void {
    this.#last = event;
    super.event(event, size);
  }

  /** Reads one event; the last of what it says brings the reader as far as `advance` tells. */
  advance(raw: RawData, advance: Advance): void {
    this.arrived.note(advance);
    this.#last = undefined;
    this.#unmarked.push(advance);
    this.read(raw);
    if (this.#last === undefined) return;
    this.#marks.set(this.#last, this.#unmarked);
    this.#unmarked = [];
  }

  /** The reader has got this event. */
  tookEvent(event: ResponseEvent): void {
    for (const advance of this.#marks.get(event) ?? NONE) this.#taken.note(advance);
  }

  /** How far the reader has come. */
  positionIn(responseId: string): ResponsePosition {
    return this.#taken.positionIn(responseId);
  }
}

const NONE: readonly Advance[] = [];
