import type { ResponseEvent } from "./events/types.ts";
import type { EventIterator, ResponseSource } from "./source.ts";

/** Observes the events of a source. */
export interface Attendant {
  /** Called with each event that the reader gets. */
  took?(event: ResponseEvent): void;
  /** Called when the reader has read the end. */
  ended(): void | Promise<void>;
  failed(error: unknown): void | Promise<void>;
  left(): void | Promise<void>;
}

/** The same source; `attendant` gets each event and the end before the reader does. */
export function attended({ events, received, control }: ResponseSource, attendant: Attendant): ResponseSource {
  const orFailed = async <Result>(step: Promise<Result>): Promise<Result> => {
    try {
      return await step;
    } catch (error) {
      await attendant.failed(error);
      throw error;
    }
  };
  const iterator: EventIterator = {
    get position() {
      return events.position;
    },
    async next() {
      const step = await orFailed(events.next());
      if (step.done) await attendant.ended();
      else attendant.took?.(step.value);
      return step;
    },
    async nextBatch() {
      const step = await orFailed(events.nextBatch());
      if (step.done) await attendant.ended();
      else if (attendant.took) for (const event of step.value) attendant.took(event);
      return step;
    },
    async forEachBatch(take) {
      await orFailed(
        events.forEachBatch((batch) => {
          if (attendant.took) for (const event of batch) attendant.took(event);
          return take(batch);
        }),
      );
      await attendant.ended();
    },
    async drain() {
      await orFailed(events.drain());
      await attendant.ended();
    },
    async return() {
      const step = await events.return();
      await attendant.left();
      return step;
    },
    async leave(reason) {
      await events.leave(reason);
      await attendant.failed(reason);
    },
  };
  return { events: iterator, received, control };
}
