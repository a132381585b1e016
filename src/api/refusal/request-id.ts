import { Failure } from "../../client/failure/failure.ts";

/**
 * Gives an error the id of the request that it is about, if it has none of its own: what ends a stream was told without one, or by nobody.
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
