import type { RequestAttempt, RetryNotice, Telemetry, TokenUsage, WebsocketRequest } from "../../index.ts";

/** Which call an event belongs to; absent where the hooks watch a transport alone. */
export interface OfCall {
  readonly callId?: string;
  readonly endpoint?: string;
  readonly model?: string | undefined;
  readonly lane?: string | undefined;
}

export interface CallStart extends OfCall {
  readonly callId: string;
  readonly endpoint: string;
}

export interface CallEnd extends CallStart {
  readonly outcome: "completed" | "incomplete" | "failed" | "aborted" | "left";
  readonly durationMs: number;
  readonly firstEventMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly responseId?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
  readonly error?: { readonly kind: string; readonly message: string } | undefined;
}

export interface CallWait extends CallStart {
  readonly ahead: number;
}

/** The hooks that make spans. */
export interface SpanHooks extends Telemetry {
  onCallStart(call: CallStart): void;
  onCallEnd(end: CallEnd): void;
  onCallWait(wait: CallWait): void;
  onRequest(attempt: RequestAttempt & OfCall): void;
  onRetry(notice: RetryNotice & OfCall): void;
  onWebsocketRequest(request: WebsocketRequest & OfCall): void;
}
