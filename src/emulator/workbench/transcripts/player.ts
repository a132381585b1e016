import { setTimeout as delay } from "node:timers/promises";
import { unlessFired } from "../../delivery/delivery.ts";
import type { Entry } from "../exchanges/passed.ts";
import type { Transcript } from "./transcript.ts";

/** The head of the recorded answer. Undefined: there was none. */
export function answerOf({ entries }: Transcript): Extract<Entry, { kind: "answer" }> | undefined {
  return entries.find((entry) => entry.kind === "answer");
}

/** How it ended. */
export function endOf({ entries }: Transcript): Extract<Entry, { kind: "end" }> {
  return entries.find((entry) => entry.kind === "end") ?? { kind: "end", how: "cut", atMs: 0 };
}

/**
 * Plays an exchange as it was recorded: what the server sent, when it is due. What the client sent is waited for, and what came after that is
 * due as long after it as it was then. Due times are absolute, so that late timers do not add up.
 */
export class Player {
  readonly #entries: readonly Entry[];
  readonly #isTimed: boolean;
  readonly #gone: AbortSignal;
  #arrived = 0;
  #wake: (() => void) | undefined;

  /** @param timing - `original`, or all at once. @param gone - ends every wait. */
  constructor({ entries }: Transcript, timing: "original" | "none", gone: AbortSignal) {
    this.#entries = entries;
    this.#isTimed = timing === "original";
    this.#gone = gone;
  }

  /** A message of the client's has come. */
  arrived(): void {
    this.#arrived += 1;
    this.#wake?.();
  }

  /** Whether the client sent more than was recorded. */
  get isOverrun(): boolean {
    return this.#arrived > this.#entries.filter(({ kind }) => kind === "sent").length;
  }

  /** All but what the client sent, up to the end, which is the last. Stops when the client is gone. */
  async *play(): AsyncGenerator<Entry, void> {
    let zero = performance.now(); // when the recording's clock was at 0
    let sent = 0;
    for (const entry of this.#entries) {
      if (entry.kind === "sent") {
        sent += 1;
        await this.#until(sent);
        zero = performance.now() - entry.atMs;
      } else {
        const waitMs = this.#isTimed ? zero + entry.atMs - performance.now() : 0;
        if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#gone }).catch(() => undefined);
        if (this.#gone.aborted) return;
        yield entry;
      }
      if (this.#gone.aborted) return;
    }
  }

  async #until(count: number): Promise<void> {
    while (this.#arrived < count && !this.#gone.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await unlessFired(woken, this.#gone);
    }
  }
}
