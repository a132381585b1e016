import { setTimeout as delay } from "node:timers/promises";

/** How fast the emulated model writes: at once, at a readable speed, or by characters, words or tokens per second. */
export type Pace =
  | "none"
  | "human"
  | { readonly charactersPerSecond: number; readonly firstTokenMs?: number | undefined }
  | { readonly delayMsPerWord: number; readonly firstTokenMs?: number | undefined }
  /** `firstTokenMs`: silence before the first token in milliseconds, default 0. */
  | { readonly tokensPerSecond: number; readonly firstTokenMs?: number | undefined };

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

/** Silence before the first token, in milliseconds. */
export function firstPauseMs(pace: Pace): number {
  return typeof pace === "object" ? (pace.firstTokenMs ?? 0) : 0;
}

/**
 * Passes events on, and waits before each one that carries text. Due times are counted from the first event, so late timers do not add up.
 *
 * @param signal - Ends the wait and the events.
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
