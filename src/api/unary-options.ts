import type { HeaderInit } from "../client/headers.ts";
import type { TraceContext } from "../client/trace-context.ts";

/** Options of every call that is answered by one body. */
export interface UnaryOptions {
  /** Further headers; they overwrite the provider's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Ends the call at once, with an `aborted` error; a wait between retries too. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. */
  readonly traceContext?: TraceContext | undefined;
}
