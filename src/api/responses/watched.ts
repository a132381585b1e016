import type { CallObserver } from "../service/observer.ts";
import { attended } from "./attended.ts";
import type { ResponseSource } from "./source.ts";

/** Reports the end of a source to the observers of the call. Without observers it is the source itself, which saves a step per event. */
export function watched(source: ResponseSource, observer: CallObserver): ResponseSource {
  if (!observer.isWatched) return source;
  const { received } = source;
  const ended = (): void => {
    observer.firstEvent(received.firstAt);
    const { responseId, tokenUsage } = received.partial();
    observer.answered({ responseId, tokenUsage });
    observer.ended(received.status ?? "completed");
  };
  return attended(source, {
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
