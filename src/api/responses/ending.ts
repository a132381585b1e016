import { Failure } from "../../client/failure/failure.ts";
import { AbortedError, StreamError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import type { StreamPoll } from "../../client/observe/telemetry.ts";
import type { PushQueue } from "../../client/waiting/push-queue.ts";
import type { CodexFailure } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { Received, ResponseEnd } from "./received/received.ts";
import type { LeftResponse, Steer, SteerInput } from "./source.ts";

/**
 * Why a carrier is given up: the reader `left`, which is the default; the service `refused`, and is through with the response; or the stream is `broken`, while the response
 * may go on.
 */
export type CancelReason = "left" | "refused" | "broken";

/** The connection under a response. After `complete` or `cancel`, one of which is called once, nothing else is. */
export interface Carrier {
  readonly kind: StreamPoll["carrier"];
  pause(): void;
  resume(): void;
  /** The service has ended the response; the connection may serve the next one. */
  complete(): void;
  /** The caller left, or the response failed: nothing more is wanted of this connection. */
  cancel(why?: CancelReason): void;
  /** Asks the service to end the response; resolves when it has ended. Absent where it cannot be asked. */
  interrupt?(): Promise<void>;
  /** See `ResponseControl`. */
  steer?(input: SteerInput): Promise<Steer>;
  /** See `ResponseControl`. */
  readonly begun?: Promise<void> | undefined;
  /** See `ResponseControl`. */
  readonly aftermath?: Promise<LeftResponse | undefined> | undefined;
}

export interface EndingOptions {
  readonly carrier: Carrier;
  readonly queue: PushQueue<ResponseEvent>;
  readonly received: Received;
  readonly signal: AbortSignal | undefined;
  /** Called once, when it is over, before anybody else hears of it. */
  readonly onOver: () => void;
}

/**
 * The end of one response, whoever brings it: the service by its terminal event, the carrier by breaking, the caller by leaving or by the signal, which
 * is listened to here alone. The first one counts; carrier and reader hear of it once.
 */
export class Ending {
  readonly #options: EndingOptions;
  #isOver = false;
  #failure: unknown;

  constructor(options: EndingOptions) {
    this.#options = options;
    options.queue.signal = options.signal;
    options.queue.onLeave = () => {
      if (this.#stop()) options.carrier.cancel("left");
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the response failed with, once it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Heeds the caller's signal from now on; one that has fired ends the response at once. */
  watch(): void {
    const { signal } = this.#options;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  completed(): void {
    if (!this.#stop()) return;
    this.#options.queue.end();
    this.#options.carrier.complete();
  }

  /** The caller ended it, and the service did not hear of it: what came is all there is. */
  interrupted(): void {
    if (!this.#stop()) return;
    this.#options.queue.end();
    this.#options.carrier.cancel("left");
  }

  /** The service refused. Where that is final for this request, it is no reason to give the connection up. */
  failed(error: CodexFailure, end: ResponseEnd): void {
    if (!this.#stop()) return;
    const { carrier, received } = this.#options;
    received.ended(end);
    const at = { carrier: carrier.kind === "sse" ? "http" : "websocket", step: "stream" } as const;
    this.#fail(error, outlookOf(error, at).outlook === "never" ? undefined : "refused");
  }

  /** The carrier broke, or reading what it brought. Events that wait for the caller come before the error; an abort comes at once. */
  broke(error: Failure): void {
    if (!this.#stop()) return;
    if (error instanceof AbortedError) this.#cut(error);
    else this.#fail(error, "broken");
  }

  #onAbort = (): void => {
    if (this.#stop()) this.#cut(new AbortedError(this.#options.signal?.reason));
  };

  /** @param why - The carrier is given up; undefined: it serves on. */
  #fail(error: Failure, why: CancelReason | undefined): void {
    const { carrier, queue, received } = this.#options;
    this.#failure = withPartial(error, received.partial());
    if (why === undefined) carrier.complete();
    else carrier.cancel(why);
    queue.fail(error);
  }

  #cut(error: AbortedError): void {
    const { carrier, queue, received } = this.#options;
    this.#failure = withPartial(error, received.partial());
    carrier.cancel("left");
    queue.cut(error);
  }

  /** @returns False where it was over before. */
  #stop(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#options.onOver();
    return true;
  }
}

/** What a carrier or a reader threw, as an error of this package. */
export function unreadable(cause: unknown): Failure {
  if (Failure.is(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StreamError(`the stream cannot be read: ${why}`, { cause });
}
