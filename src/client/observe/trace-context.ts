import { BuildError } from "../failure/kinds.ts";
import type { HeaderInit } from "../headers.ts";

/** W3C trace context of the caller's span. */
export interface TraceContext {
  /** `00-<32 hex>-<16 hex>-<2 hex>`. */
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

// W3C Trace Context §3.2: version ff and all-zero ids are invalid.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** @throws {@link BuildError} `traceparent` is malformed. */
export function traceHeaders(context: TraceContext | undefined): HeaderInit {
  if (!context) return {};
  if (!TRACEPARENT.test(context.traceparent)) {
    throw new BuildError(
      `traceparent ${JSON.stringify(context.traceparent)} is not of the form 00-<32 hex digits>-<16 hex digits>-<2 hex digits> (W3C Trace Context)`,
    );
  }
  return { traceparent: context.traceparent, tracestate: context.tracestate };
}
