import { setTimeout as delay } from "node:timers/promises";

/** How fast the emulated model writes: at once, as fast as one likes to watch, or by characters, words or tokens. */
export type Pace =
  | "none"
  | "human"
  | { readonly charactersPerSecond: number; readonly firstTokenMs?: number }
  | { readonly delayMsPerWord: number; readonly firstTokenMs?: number }
  /** `firstTokenMs`: silence before the first token, default 0. */
  | { readonly tokensPerSecond: number; readonly firstTokenMs?: number };

/** Fast enough to be pleasant, slow enough to be seen. */
const HUMAN_CHARACTERS_PER_SECOND = 240;

/** How long a piece of text takes; one piece is one token. */
export function pauseMs(pace: Pace, text: string): number {
  if (pace === "none" || text === "") return 0;
  if (pace === "human") return (text.length / HUMAN_CHARACTERS_PER_SECOND) * 1000;
  if ("delayMsPerWord" in pace) return pace.delayMsPerWord;
  if ("tokensPerSecond" in pace) return 1000 / pace.tokensPerSecond;
  return (text.length / pace.charactersPerSecond) * 1000;
}

/** How long a model thinks before it says anything. */
export function firstPauseMs(pace: Pace): number {
  return typeof pace === "object" ? (pace.firstTokenMs ?? 0) : 0;
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
