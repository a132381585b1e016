import type { CallObserver } from "../service/observer.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { EventIterator, ResponseSource } from "./source.ts";

/** What is called with the events of a source, and with its end. */
export interface SourceListener {
  /** Called with each event that the reader gets. */
  took?(event: ResponseEvent): void;
  /** Called when the reader has read the end. */
  ended(): void | Promise<void>;
  failed(error: unknown): void | Promise<void>;
  left(): void | Promise<void>;
}

/** The same source; `listener` gets each event and the end before the reader does. */
export function observed({ events, received, control }: ResponseSource, listener: SourceListener): ResponseSource {
  const orFailed = async <Result>(step: Promise<Result>): Promise<Result> => {
    try {
      return await step;
    } catch (error) {
      await listener.failed(error);
      throw error;
    }
  };
  const iterator: EventIterator = {
    get position() {
      return events.position;
    },
    async next() {
      const step = await orFailed(events.next());
      if (step.done) await listener.ended();
      else listener.took?.(step.value);
      return step;
    },
    async nextBatch() {
      const step = await orFailed(events.nextBatch());
      if (step.done) await listener.ended();
      else if (listener.took) for (const event of step.value) listener.took(event);
      return step;
    },
    async forEachBatch(take) {
      await orFailed(
        events.forEachBatch((batch) => {
          if (listener.took) for (const event of batch) listener.took(event);
          return take(batch);
        }),
      );
      await listener.ended();
    },
    async drain() {
      await orFailed(events.drain());
      await listener.ended();
    },
    async return() {
      const step = await events.return();
      await listener.left();
      return step;
    },
    async leave(reason) {
      await events.leave(reason);
      await listener.failed(reason);
    },
  };
  return { events: iterator, received, control };
}

/** Reports the end of a source to the observers of the call. Without observers it is the source itself, which saves a step per event. */
export function reported(source: ResponseSource, observer: CallObserver): ResponseSource {
  if (!observer.isWatched) return source;
  const { received } = source;
  const ended = (): void => {
    observer.firstEvent(received.firstAt);
    const { responseId, tokenUsage } = received.partial();
    observer.answered({ responseId, tokenUsage });
    observer.ended(received.status ?? "completed");
  };
  return observed(source, {
    took(event) {
      if (event.type === "completed" || event.type === "incomplete") ended();
    },
    ended,
    failed(error) {
      observer.firstEvent(received.firstAt);
      observer.failed(error);
    },
    left() {
      observer.firstEvent(received.firstAt);
      observer.ended("left");
    },
  });
}
