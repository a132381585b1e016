import { Failure } from "../../client/failure/failure.ts";

/**
 * Gives an error the id of its request, if it has none: the errors that end a stream do not contain it.
 */
export function withRequestId<Thrown>(error: Thrown, requestId: string | undefined): Thrown {
  if (requestId !== undefined && Failure.is(error) && error.requestId === undefined) {
    Object.defineProperty(error, "requestId", {
      value: requestId,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return error;
}
