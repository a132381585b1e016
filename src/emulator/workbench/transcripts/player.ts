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
 * Plays a recorded exchange: what the server sent, when it is due. It waits for each message of the client; what follows a message is due
 * after the same time as in the recording. Due times are absolute, so late timers do not add up.
 */
export class Player {
  readonly #entries: readonly Entry[];
  readonly #isTimed: boolean;
  readonly #gone: AbortSignal;
  #arrived = 0;
  #wake: (() => void) | undefined;

  /**
   * @param timing - `original`, or all at once.
   * @param gone - Ends every wait.
   */
  constructor({ entries }: Transcript, timing: "original" | "none", gone: AbortSignal) {
    this.#entries = entries;
    this.#isTimed = timing === "original";
    this.#gone = gone;
  }

  /** The recorded message that corresponds to the client's next one; undefined if there is none. */
  get expected(): string | undefined {
    const entry = this.#entries.filter(({ kind }) => kind === "sent")[this.#arrived];
    return entry?.kind === "sent" ? Buffer.from(entry.data).toString("utf8") : undefined;
  }

  /** A message of the client has arrived. */
  arrived(): void {
    this.#arrived += 1;
    this.#wake?.();
  }

  /** True if the client sent more than was recorded. */
  get isOverrun(): boolean {
    return this.#arrived > this.#entries.filter(({ kind }) => kind === "sent").length;
  }

  /** All entries except those that the client sent; the end is the last. Stops when the client has left. */
  async *play(): AsyncGenerator<Entry, void> {
    let zero = performance.now(); // the time at which the recording begins
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
