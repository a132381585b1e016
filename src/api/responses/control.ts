import type { JsonObject } from "../wire/json.ts";
import type { RequestInput } from "../wire/request-input.ts";

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
