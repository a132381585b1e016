import { setImmediate as nextLoop } from "node:timers/promises";
import type { Departure } from "../delivery/departure.ts";
import { firstPauseMs, type Pace, pauseMs } from "../delivery/pace.ts";
import { Nap } from "../delivery/ticker.ts";
import type { EncodedEvent } from "./events/encoded-event.ts";
import type { Generation } from "./events/generation.ts";

const MOST_AT_ONCE = 256;

/**
 * The events of a response at the model's pace; events that are due together come in one batch. It never waits while it holds an event, so
 * a stop always falls between two events.
 *
 * @param gone - Ends the wait and the events.
 */
export async function* batchesOf(
  generation: Generation,
  pace: Pace,
  gone: Departure,
): AsyncGenerator<readonly EncodedEvent[], void> {
  const nap = pace === "none" ? undefined : new Nap(gone.signal);
  if (nap) generation.onStop = () => nap.wake();
  let batch: EncodedEvent[] = [];
  let due = performance.now();
  for (let event = generation.pull(); event; event = generation.pull()) {
    batch.push(event);
    const waitMs = nap ? (event.type === "response.in_progress" ? firstPauseMs(pace) : pauseMs(pace, event.text)) : 0;
    if (waitMs > 0 && nap) {
      yield batch;
      batch = [];
      due += waitMs;
      await nap.until(due);
    } else if (batch.length >= MOST_AT_ONCE) {
      yield batch;
      batch = [];
      await nextLoop(); // others want their turn
    }
    if (gone.hasHappened) return;
  }
  if (batch.length > 0) yield batch;
}

/** The same events one at a time. */
export async function* oneByOne<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, void> {
  for await (const batch of batches) yield* batch;
}
