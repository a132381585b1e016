import type { CallObserver } from "../service/observer.ts";
import type { EventIterator } from "./stream.ts";

/** The events of a call, with its end told to those who watch; where nobody does, the events themselves, which spares a step an event. */
export function watched(events: EventIterator, observer: CallObserver): EventIterator {
  if (!observer.isWatched) return events;
  return {
    get position() {
      return events.position;
    },
    async next() {
      try {
        const step = await events.next();
        if (step.done) {
          observer.ended("completed");
          return step;
        }
        observer.tookEvent();
        const event = step.value;
        if (event.type !== "completed" && event.type !== "incomplete") return step;
        observer.answered({ responseId: event.responseId, tokenUsage: event.tokenUsage });
        observer.ended(event.type);
        return step;
      } catch (error) {
        observer.failed(error);
        throw error;
      }
    },
    async return() {
      observer.ended("left");
      return events.return();
    },
    async leave(reason) {
      await events.leave(reason);
      observer.failed(reason);
    },
  };
}
