import type { HeaderInit } from "../../client/headers.ts";
import type { TraceContext } from "../../client/trace-context.ts";
import type { EndpointCall } from "./service.ts";

/** Options of every call that is answered by one body. */
export interface UnaryOptions {
  /** Further headers; they overwrite the provider's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Ends the call at once, with an `aborted` error; a wait between retries too. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. */
  readonly traceContext?: TraceContext | undefined;
}

/**
 * A call of an endpoint that is answered by one body. The options are taken by name: whatever else untyped code puts among them, an address
 * for one, has no say in where the credentials go.
 *
 * @param json - Undefined for a call without a body, or with another one.
 */
export function unaryCall(
  path: string,
  json: unknown,
  { headers, signal, traceContext }: UnaryOptions,
): EndpointCall & { readonly path: string } {
  return { method: "POST", path, json, headers, signal, traceContext };
}
