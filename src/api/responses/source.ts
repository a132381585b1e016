import type { JsonObject } from "../wire/json.ts";
import type { RequestInput } from "../wire/request-input.ts";
import type { ResponsePosition } from "./background/position.ts";
import type { ResponseEvent } from "./events/types.ts";
import type { Received } from "./received/received.ts";

/** Where a stream's events come from. */
export interface EventIterator extends AsyncIterator<ResponseEvent, undefined> {
  /** Of a response in the background: how far its reader has come. */
  readonly position?: ResponsePosition | undefined;
  next(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Everything that waits, else what comes together next. */
  nextBatch(): Promise<IteratorResult<ResponseEvent[], undefined>>;
  /** Lets the rest go by unread and resolves at the end; a reader's next step ends with it. Rejects with what ended the stream otherwise, at any time. */
  drain(): Promise<void>;
  /** The reader leaves, at any time. */
  return(): Promise<IteratorResult<ResponseEvent, undefined>>;
  /** Somebody else ends the stream: the reader, who may be waiting, gets `reason` instead of a quiet end. Without effect after the end. */
  leave(reason: unknown): void | Promise<void>;
}

/** Events, and what they have come to so far. */
export interface ResponseSource {
  readonly events: EventIterator;
  readonly received: Received;
  /** Absent where nothing can be said into it, as with a response in the background. */
  readonly control?: ResponseControl | undefined;
}

/** What may be said into a response: a text, or messages of the user and outputs of function calls. */
export type SteerInput = RequestInput;

/** Something said into a response, which the service has taken. */
export interface Steer {
  /** The service's id of it. */
  readonly id: string;
  /**
   * What becomes of it. Rejects with {@link SteerFailedError} where nothing does: the service could not go on with it, or the response ended first.
   */
  readonly delivery: Promise<SteerDelivery>;
}

/**
 * `delivered`: the response that goes on with it has begun. `pending`: the service keeps it until the outputs that it names are there, and puts it before
 * the input of the request that brings them, if that request goes on from this response.
 */
export type SteerDelivery =
  | { readonly status: "delivered"; readonly responseId?: string }
  | {
      readonly status: "pending";
      /** The service's, e.g. `waiting_for_required_input`. */
      readonly reason: string;
      /** What is owed, as the service says it: the type of an item, and the call that it is for. */
      readonly requiredInput: readonly JsonObject[];
    };

/** What can be said into a response while it comes. */
export interface ResponseControl {
  /** See `ResponseStream.interrupt`. */
  interrupt(): Promise<void>;
  /** See `ResponseStream.steer`. */
  steer(input: SteerInput): Promise<Steer>;
  /** Settles when the service works on the response, or it is over. Absent where nobody knows. */
  readonly begun?: Promise<void> | undefined;
  /** What became of a response that its reader has left; see {@link LeftResponse}. Undefined where its connection went with it. */
  readonly aftermath?: Promise<LeftResponse | undefined> | undefined;
}

/** A response that the service has ended because its reader left: a conversation can go on from it. */
export interface LeftResponse {
  readonly responseId: string;
  /** How many of its items were finished, whether anybody has read them or not. */
  readonly finishedItems: number;
}
