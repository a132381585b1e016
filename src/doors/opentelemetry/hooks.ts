import type {
  CallEnd,
  CallFacts,
  CallWait,
  RequestAttempt,
  RetryNotice,
  Telemetry,
  WebSocketRequest,
} from "../../index.ts";

/** Of the call that an event belongs to; absent where the hooks watch a transport alone. */
type OfCall = Partial<CallFacts>;

/** The hooks that make spans. */
export interface SpanHooks extends Telemetry {
  onCallStart(call: CallFacts): void;
  onCallEnd(end: CallEnd): void;
  onCallWait(wait: CallWait): void;
  onRequest(attempt: RequestAttempt & OfCall): void;
  onRetry(notice: Omit<RetryNotice, "reason"> & { readonly reason: { readonly kind: string } } & OfCall): void;
  onWebSocketRequest(request: WebSocketRequest & OfCall): void;
}
