import type { TakeBatch } from "../../client/waiting/push-queue.ts";
import type { JsonObject } from "../wire/json.ts";
import type { RequestInput } from "../wire/request-input.ts";
import type { ResponsePosition } from "./background/position.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { Received } from "./received/received.ts";

/** Where the events of a stream come from. */
export interface EventIterator extends AsyncIterator<ResponseEvent, undefined> {
  /** For a background response: how far its reader has come. */
  readonly position?: ResponsePosition | undefined;
  next(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Everything that is queued; if nothing is, the next events that arrive together. */
  nextBatch(): Promise<IteratorResult<ResponseEvent[], undefined>>;
  /** Calls `take` with everything that is queued, and with what comes, as it comes. Resolves at the end, or if the reader leaves. */
  forEachBatch(take: TakeBatch<ResponseEvent>): Promise<unknown>;
  /**
   * Discards the remaining events and resolves at the end; a reader's next step then ends too. Rejects with the error that ended the
   * stream, at any time.
   */
  drain(): Promise<void>;
  /** The reader leaves. Possible at any time. */
  return(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Ends the stream from outside: a reader that waits gets `reason`, not a normal end. Without effect after the end. */
  leave(reason: unknown): void | Promise<void>;
}

/** Events, and what they add up to so far. */
export interface ResponseSource {
  readonly events: EventIterator;
  readonly received: Received;
  /** Absent if the response cannot be controlled, like a background response. */
  readonly control?: ResponseControl | undefined;
}

/** Input for steering: a text, user messages, or outputs of function calls. */
export type SteerInput = RequestInput;

/** Steering input that the service has accepted. */
export interface Steer {
  /** The service's id for it. */
  readonly id: string;
  /**
   * What becomes of the input. Rejects with {@link SteerFailedError} if it has no effect: the service could not continue with it, or the
   * response ended first.
   */
  readonly delivery: Promise<SteerDelivery>;
}

/**
 * `delivered`: the response that continues with the input has begun. `pending`: the service keeps the input until the outputs it names have
 * arrived, and puts it before the input of the request that brings them, if that request continues from this response.
 */
export type SteerDelivery =
  | { readonly status: "delivered"; readonly responseId?: string }
  | {
      readonly status: "pending";
      /** The service's reason, e.g. `waiting_for_required_input`. */
      readonly reason: string;
      /** The outputs that the service waits for, as it names them: the type of an item, and the call it belongs to. */
      readonly requiredInput: readonly JsonObject[];
    };

/** Controls a response while it is being streamed. */
export interface ResponseControl {
  /** See `ResponseStream.interrupt`. */
  interrupt(): Promise<void>;
  /** See `ResponseStream.steer`. */
  steer(input: SteerInput): Promise<Steer>;
  /** Settles when the service has begun the response, or the response is over. Absent if that is not known. */
  readonly begun?: Promise<void> | undefined;
  /** What became of a response that its reader has left; see {@link LeftResponse}. Undefined if its connection was closed. */
  readonly aftermath?: Promise<LeftResponse | undefined> | undefined;
}

/** A response that the service ended because its reader left; a conversation can continue from it. */
export interface LeftResponse {
  readonly responseId: string;
  /** How many of its items were finished, read or not. */
  readonly finishedItems: number;
}
