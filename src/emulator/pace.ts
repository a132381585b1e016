import { setTimeout as delay } from "node:timers/promises";

/** How fast the emulated model writes: at once, as fast as one likes to watch, or by characters or words. */
export type Pace = "none" | "human" | { readonly charactersPerSecond: number } | { readonly delayMsPerWord: number };

/** Fast enough to be pleasant, slow enough to be seen. */
const HUMAN_CHARACTERS_PER_SECOND = 240;

export function pauseMs(pace: Pace, text: string): number {
  if (pace === "none") return 0;
  if (pace === "human") return (text.length / HUMAN_CHARACTERS_PER_SECOND) * 1000;
  return "delayMsPerWord" in pace ? pace.delayMsPerWord : (text.length / pace.charactersPerSecond) * 1000;
}

/**
 * Passes events on, waiting before each one that carries text. Due times are counted from the first event, so timers
 * that fire late do not add up.
 *
 * @param signal - ends the wait and the events.
 */
export async function* paced<T>(
  events: Iterable<T> | AsyncIterable<T>,
  pace: Pace,
  textOf: (event: T) => string,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  let due = performance.now();
  for await (const event of events) {
    const text = textOf(event);
    if (text !== "") {
      due += pauseMs(pace, text);
      const waitMs = due - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
    yield event;
  }
}
