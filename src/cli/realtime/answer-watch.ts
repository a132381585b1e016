import { IdleTimer } from "../../client/index.ts";
import {
  IncompleteError,
  mapFailedResponse,
  type RealtimeConversationEvent,
  type ResponseOutcome,
  responsePhaseOf,
  StreamError,
  TimeoutError,
} from "../../index.ts";

/** For protocols that do not mark the end of an answer: how long after its last piece it counts as over, in milliseconds. */
const QUIET_MS = 1_500;
/** The longest wait for the first sign that a recording was heard, in milliseconds. */
const NOTICE_MS = 10_000;

/**
 * Knows when the model has answered. A response that hands a task over, or that the user interrupts, does not count: another one follows.
 */
export class AnswerWatch {
  /** Runs while an answer is expected and the recording is over. */
  readonly #idle: IdleTimer;
  /** Runs from the end of a recording that the service has not noticed. */
  readonly #unnoticed: IdleTimer;
  readonly #quiet: IdleTimer;
  readonly #waiting = new Set<{ resolve(): void; reject(error: unknown): void }>();
  #isOwed = false;
  #isSpeaking = false;
  #isNoticed = false;
  #responseId: string | undefined;
  #interruptedId: string | undefined;
  #isHandedOver = false;
  #failed: { readonly error: unknown } | undefined;
  #ended: { readonly error: unknown } | undefined;

  /** @param idleTimeoutMs - Longest wait for the next event while an answer is expected; 0 for no limit. */
  constructor(idleTimeoutMs: number) {
    this.#idle = new IdleTimer(idleTimeoutMs, () =>
      this.end(
        new TimeoutError("idle timeout waiting for a realtime event", { phase: "idle", timeoutMs: idleTimeoutMs }),
      ),
    );
    this.#unnoticed = new IdleTimer(Math.min(idleTimeoutMs || NOTICE_MS, NOTICE_MS), () =>
      this.end(new StreamError("the service took the recording for silence: it said nothing to it")),
    );
    this.#quiet = new IdleTimer(QUIET_MS, () => this.leave());
  }

  /** Something was said that expects an answer. */
  asked(): void {
    this.#isOwed = true;
    this.#rearm();
  }

  /** A recording that expects an answer begins. The service need not send anything before its end, however long it is. */
  speaks(): void {
    this.#isSpeaking = true;
    this.asked();
  }

  /** The recording is over: if it was not noticed so far, it probably will not be. */
  spoken(): void {
    this.#isSpeaking = false;
    if (this.#isOwed && !this.#isNoticed) this.#unnoticed.start();
    else this.#rearm();
  }

  observe(event: RealtimeConversationEvent): void {
    if (event.type !== "session_updated" && event.type !== "session_created") {
      this.#isNoticed = true;
      this.#unnoticed.stop();
    }
    if (event.type === "delegation") this.#isHandedOver = true;
    else if (event.type === "input_audio_speech_started") this.#interrupt();
    else if (event.type === "output_transcript.delta" || event.type === "audio_out") this.#expectQuiet();
    const response = event.type === "delegation" || event.type === "function_call" ? undefined : responsePhaseOf(event);
    if (response?.phase === "created") {
      this.#responseId = response.responseId;
      this.#isHandedOver = false;
      this.#isOwed = true;
    } else if (response?.phase === "done") {
      const failure = event.type === "response_done" ? failureOf(event) : undefined;
      if (failure !== undefined) this.fail(failure);
      else this.#responseDone(response.responseId);
    }
    this.#rearm();
  }

  /** The answer has arrived, or is no longer expected. */
  leave(): void {
    this.#settle();
    this.#release();
  }

  /** The answer failed, and the conversation continues: whoever waits gets the error, else the next caller that waits. */
  fail(error: unknown): void {
    this.#settle();
    if (this.#waiting.size === 0) this.#failed = { error };
    this.#release(error);
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

  /** @throws {@link TimeoutError} No event for too long. {@link StreamError} The session ended first; and any other error that ended it. */
  answered(): Promise<void> {
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed) return Promise.reject(failed.error);
    if (this.#ended?.error !== undefined) return Promise.reject(this.#ended.error);
    if (!this.#isOwed) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  #interrupt(): void {
    this.#interruptedId = this.#responseId;
    this.#isOwed = true;
    this.#quiet.stop();
  }

  #responseDone(responseId: string | undefined): void {
    const isInterrupted = responseId !== undefined && responseId === this.#interruptedId;
    if (!this.#isHandedOver && !isInterrupted) this.leave();
  }

  #expectQuiet(): void {
    if (this.#responseId === undefined) this.#quiet.start();
    else this.#quiet.stop();
  }

  #settle(): void {
    this.#isOwed = false;
    for (const timer of [this.#idle, this.#unnoticed, this.#quiet]) timer.stop();
  }

  #rearm(): void {
    if (this.#isOwed && !this.#isSpeaking) this.#idle.start();
    else this.#idle.stop();
  }

  #release(error?: unknown): void {
    for (const { resolve, reject } of this.#waiting) error === undefined ? resolve() : reject(error);
    this.#waiting.clear();
  }
}

/** The error for a response that failed or was cut short. */
function failureOf({ status, statusDetails }: ResponseOutcome): unknown {
  if (status === "incomplete") return new IncompleteError(statusDetails?.reason ?? "unknown");
  if (status !== "failed") return undefined;
  return mapFailedResponse(
    statusDetails?.error ?? { message: "the response failed, and the service does not say why" },
  );
}
