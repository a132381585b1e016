import { Departure } from "../../delivery/departure.ts";
import type { Pace } from "../../delivery/pace.ts";
import { ServiceError } from "../../service-error.ts";
import type { EncodedEvent } from "../events/encoded-event.ts";
import type { Generation } from "../events/generation.ts";
import { batchesOf } from "../playing.ts";
import { responseJson } from "../response-object.ts";

/** How long a stream can be resumed, in milliseconds; after that clients have to poll. */
const STREAMABLE_MS = 300_000;

/** A response that runs whether or not a client reads it. Its events are kept, so that a stream can be resumed after any of them. */
export class BackgroundRun {
  readonly #generation: Generation;
  readonly #log: EncodedEvent[] = [];
  #size = 0;
  readonly #cancelled = new Departure();
  readonly #isStreamed: boolean;
  readonly #startedAt = performance.now();
  readonly #streamableMs: number;
  #isOver = false;
  readonly #listeners = new Set<() => void>();

  constructor(generation: Generation, streamableMs = STREAMABLE_MS) {
    this.#generation = generation;
    this.#isStreamed = generation.turn.request.stream;
    this.#streamableMs = streamableMs;
  }

  /** Resolves at its end; never rejects. */
  async play(pace: Pace): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve)); // the caller sends `queued` first
    for await (const batch of batchesOf(this.#generation, pace, this.#cancelled)) {
      if (this.#cancelled.hasHappened) break;
      this.#log.push(...batch);
      for (const { json } of batch) this.#size += json.length;
      this.#tell();
    }
    this.#isOver = true;
    this.#tell();
  }

  /** Of its events so far, in characters. */
  get size(): number {
    return this.#size;
  }

  /** The response so far, as JSON. */
  get json(): string {
    const { outcome } = this.#generation;
    if (outcome) return outcome.json;
    if (this.#cancelled.hasHappened) return responseJson(this.#generation.turn, { status: "cancelled", output: [] });
    return this.#generation.snapshot(this.#log.length === 0 ? "queued" : "in_progress");
  }

  /** Has no effect on a response that has ended. */
  cancel(): void {
    if (this.#generation.outcome) return;
    this.#cancelled.happened();
    this.#isOver = true;
    this.#tell();
  }

  /** @throws {@link ServiceError} 400 if it cannot be streamed, or no longer. */
  checkStreamable(): void {
    if (!this.#isStreamed) {
      throw new ServiceError(400, {
        message: "This response cannot be streamed because it was not created with 'stream' set to true.",
        param: "stream",
        code: "invalid_value",
      });
    }
    if (performance.now() - this.#startedAt < this.#streamableMs) return;
    throw new ServiceError(400, {
      message: "This response can no longer be streamed because it is more than 5 minutes old.",
      param: "stream",
      code: "invalid_value",
    });
  }

  /**
   * The events after a given one: those so far at once, the others as they come. The stream of a cancelled response ends without a terminal
   * event.
   *
   * @param after - `sequence_number` of the last known event; -1 for none.
   */
  async *follow(after: number, gone: Departure): AsyncGenerator<readonly EncodedEvent[], void> {
    let next = after + 1;
    for (;;) {
      const batch = this.#log.slice(next);
      next = Math.max(next, this.#log.length);
      if (batch.length > 0) yield batch;
      else if (this.#isOver || gone.hasHappened) return;
      else await this.#news(gone.signal);
    }
  }

  #news(gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        gone.removeEventListener("abort", done);
        resolve();
      };
      this.#listeners.add(done);
      gone.addEventListener("abort", done, { once: true });
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
