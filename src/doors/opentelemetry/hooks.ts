import type {
  CallEnd,
  CallFacts,
  CallWait,
  RequestAttempt,
  RetryNotice,
  Telemetry,
  WebSocketRequest,
} from "../../index.ts";

/** The call that an event belongs to; absent if the hooks observe only a transport. */
type OfCall = Partial<CallFacts>;

/** The hooks that create spans. */
export interface SpanHooks extends Telemetry {
  onCallStart(call: CallFacts): void;
  onCallEnd(end: CallEnd): void;
  onCallWait(wait: CallWait): void;
  onRequest(attempt: RequestAttempt & OfCall): void;
  onRetry(notice: Omit<RetryNotice, "reason"> & { readonly reason: { readonly kind: string } } & OfCall): void;
  onWebSocketRequest(request: WebSocketRequest & OfCall): void;
}
