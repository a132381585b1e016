import { Failure } from "../../client/failure/failure.ts";
import { AbortedError, StreamError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import { thrownMessage } from "../../client/failure/thrown-text.ts";
import type { StreamPoll } from "../../client/observe/telemetry.ts";
import type { PushQueue } from "../../client/waiting/push-queue.ts";
import type { CodexFailure } from "../refusal/kinds.ts";
import { withPartial } from "../refusal/partial.ts";
import { withRequestId } from "../refusal/request-id.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { Received, ResponseEnd } from "./received/received.ts";
import type { LeftResponse, Steer, SteerInput } from "./source.ts";

/**
 * Why a carrier is released: `left`, the reader left (the default); `refused`, the service refused the request and is done with it;
 * `broken`, the stream broke while the response may still be running.
 */
export type CancelReason = "left" | "refused" | "broken";

/** The connection under a response. Either `complete` or `cancel` is called, once, and nothing after it. */
export interface Carrier {
  readonly kind: StreamPoll["carrier"];
  pause(): void;
  resume(): void;
  /** Delivers at once what has arrived and is held back. Absent where nothing is. */
  catchUp?(): void;
  /** The service has ended the response; the connection can be reused. */
  complete(): void;
  /** The caller left or the response failed: the connection is no longer needed. */
  cancel(why?: CancelReason): void;
  /** Asks the service to end the response, and resolves when it has ended. Absent if the service cannot be asked. */
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
  /** Of the answer; undefined on a WebSocket, where it would be the handshake's. */
  readonly requestId: string | undefined;
  /** Called once, when the response is over, before anyone else learns of it. */
  readonly onOver: () => void;
}

/**
 * Decides how one response ends: by the service's terminal event, by a broken connection, by the caller leaving, or by the signal, which
 * only this class listens to. The first one counts; carrier and reader are told once.
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

  /** The error that the response failed with, if it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Listens to the caller's signal from now on. A signal that has already fired ends the response at once. */
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

  /** The caller ended the response without the service confirming it: it ends with what has arrived. */
  interrupted(): void {
    if (!this.#stop()) return;
    this.#options.queue.end();
    this.#options.carrier.cancel("left");
  }

  /** The service refused. If the refusal concerns only this request, the connection is kept. */
  failed(error: CodexFailure, end: ResponseEnd): void {
    if (!this.#stop()) return;
    const { carrier, received } = this.#options;
    received.ended(end);
    const at = { carrier: carrier.kind, step: "stream" } as const;
    this.#fail(error, outlookOf(error, at).outlook === "never" ? undefined : "refused");
  }

  /** The connection broke, or its data could not be read. Queued events are delivered before the error; an abort is delivered at once. */
  broke(error: Failure): void {
    if (!this.#stop()) return;
    if (error instanceof AbortedError) this.#cut(error);
    else this.#fail(error, "broken");
  }

  #onAbort = (): void => {
    if (this.#stop()) this.#cut(new AbortedError(this.#options.signal?.reason));
  };

  /** @param why - Why the carrier is released; undefined if it stays in use. */
  #fail(error: Failure, why: CancelReason | undefined): void {
    const { carrier, queue } = this.#options;
    this.#failure = this.#withContext(error);
    if (why === undefined) carrier.complete();
    else carrier.cancel(why);
    queue.fail(error);
  }

  #cut(error: AbortedError): void {
    const { carrier, queue } = this.#options;
    this.#failure = this.#withContext(error);
    carrier.cancel("left");
    queue.cut(error);
  }

  #withContext(error: Failure): Failure {
    const { received, requestId } = this.#options;
    return withRequestId(withPartial(error, received.partial()), requestId);
  }

  /** @returns False if the response was already over. */
  #stop(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#options.onOver();
    return true;
  }
}

/** The thrown value as an error of this package. */
export function asFailure(cause: unknown): Failure {
  if (Failure.is(cause)) return cause;
  return new StreamError(`the stream cannot be read: ${thrownMessage(cause)}`, { cause });
}
