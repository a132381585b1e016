import type { RealtimeConversationEvent } from "../../api/realtime/conversation.ts";
import { responsePhaseOf } from "../../api/realtime/response-phase.ts";
import { StreamError, TimeoutError } from "../../client/errors.ts";

/** Where the protocol does not say that an answer is over: so long after its last piece it is. */
const QUIET_MS = 1_500;
/** For the first sign that what was said has been heard. */
const NOTICE_MS = 10_000;

/**
 * Tells when the model has answered. A response that hands a task over, or that the user interrupts, is no answer: another one follows.
 */
export class AnswerWatch {
  readonly #idleTimeoutMs: number;
  readonly #waiting = new Set<{ resolve(): void; reject(error: unknown): void }>();
  #isOwed = false;
  #isNoticed = false;
  #responseId: string | undefined;
  #interruptedId: string | undefined;
  #isHandedOver = false;
  #idle: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #ended: { readonly error: unknown } | undefined;

  /** @param idleTimeoutMs - Longest wait for the next event while an answer is owed. */
  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** Something was said that wants an answer. */
  asked(): void {
    this.#isOwed = true;
    this.#rearm();
  }

  /** A recording is over: if it went unnoticed so far, it will hardly be noticed later. */
  spoken(): void {
    if (!this.#isOwed || this.#isNoticed) return;
    clearTimeout(this.#idle);
    const unheard = new StreamError("the service took the recording for silence: it said nothing to it");
    this.#idle = setTimeout(() => this.end(unheard), NOTICE_MS);
  }

  observe(event: RealtimeConversationEvent): void {
    if (event.type !== "session_updated") this.#isNoticed = true;
    if (event.type === "delegation") this.#isHandedOver = true;
    else if (event.type === "input_audio_speech_started") this.#interrupt();
    else if (event.type === "output_transcript.delta" || event.type === "audio_out") this.#expectQuiet();
    const response = event.type === "delegation" ? undefined : responsePhaseOf(event);
    if (response?.phase === "created") {
      this.#responseId = response.responseId;
      this.#isHandedOver = false;
      this.#isOwed = true;
    } else if (response?.phase === "done") this.#responseDone(response.responseId);
    this.#rearm();
  }

  /** Nobody wants an answer any more. */
  leave(): void {
    this.#settle();
    this.#release();
  }

  /** The conversation is over. */
  end(error?: unknown): void {
    const wasOwed = this.#isOwed;
    this.#settle();
    const reason =
      error ?? (wasOwed ? new StreamError("the service closed the session before it had answered") : undefined);
    this.#ended = { error: reason };
    this.#release(reason);
  }

  /** @throws {@link TimeoutError} No event for too long. {@link StreamError} The session ended first, and whatever else ended it. */
  answered(): Promise<void> {
    if (this.#ended?.error !== undefined) return Promise.reject(this.#ended.error);
    if (!this.#isOwed) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  #interrupt(): void {
    this.#interruptedId = this.#responseId;
    this.#isOwed = true;
    clearTimeout(this.#quiet);
  }

  #responseDone(responseId: string | undefined): void {
    const isInterrupted = responseId !== undefined && responseId === this.#interruptedId;
    if (this.#isHandedOver || isInterrupted) return;
    this.#settle();
    this.#release();
  }

  #expectQuiet(): void {
    clearTimeout(this.#quiet);
    if (this.#responseId !== undefined) return;
    this.#quiet = setTimeout(() => {
      this.#settle();
      this.#release();
    }, QUIET_MS);
  }

  #settle(): void {
    this.#isOwed = false;
    clearTimeout(this.#idle);
    clearTimeout(this.#quiet);
  }

  #rearm(): void {
    clearTimeout(this.#idle);
    if (!this.#isOwed || this.#idleTimeoutMs === 0) return;
    const timeoutMs = this.#idleTimeoutMs;
    this.#idle = setTimeout(() => {
      this.end(new TimeoutError("idle timeout waiting for a realtime event", { phase: "idle", timeoutMs }));
    }, timeoutMs);
  }

  #release(error?: unknown): void {
    for (const { resolve, reject } of this.#waiting) error === undefined ? resolve() : reject(error);
    this.#waiting.clear();
  }
}
