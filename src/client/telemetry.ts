import { callQuietly } from "./log.ts";

/** One sent request and how it ended. Source: the reference's request telemetry, called once per attempt. */
export interface RequestAttempt {
  /** 0 for the first send, 1 for the first retry. */
  readonly attempt: number;
  readonly method: string;
  /** Origin and path. */
  readonly url: string;
  readonly status?: number | undefined;
  readonly error?: unknown;
  readonly durationMs: number;
}

/** Announces a wait before something is sent again: nothing waits in secret. */
export interface RetryNotice {
  /** 1 for the first retry; 0 where a connection that died unused is replaced, which costs none. */
  readonly retry: number;
  readonly maxRetries: number;
  readonly delayMs: number;
  readonly reason: unknown;
  /** `request`: the same request once more; `stream`: a new stream after a broken one; `downgrade`: without compression; `fallback`: HTTP instead of WebSocket. */
  readonly layer: "request" | "stream" | "downgrade" | "fallback";
}

/** What waiting for the next event of a stream came to. */
export interface StreamPoll {
  readonly durationMs: number;
  readonly carrier: "sse" | "websocket";
  /** Wire type of the event, when one arrived and could be read. */
  readonly type?: string | undefined;
  readonly error?: unknown;
}

/** An event of the stream that was left out, and why. */
export interface SkippedEvent {
  readonly type?: string | undefined;
  readonly reason: "unknown type" | "missing field" | "not JSON";
}

/** One request over a WebSocket. */
export interface WebsocketRequest {
  readonly durationMs: number;
  readonly error?: unknown;
  readonly connectionReused: boolean;
}

/** Hooks for metrics and traces. Each is optional, called synchronously, and must not throw; what it throws is ignored. */
export interface Telemetry {
  onRequest?(attempt: RequestAttempt): void;
  onRetry?(notice: RetryNotice): void;
  onStreamPoll?(poll: StreamPoll): void;
  onSkippedEvent?(event: SkippedEvent): void;
  onWebsocketRequest?(request: WebsocketRequest): void;
}

/** Calls a hook without letting its failure reach the request it watches. */
export function notify<Hook extends keyof Telemetry>(
  telemetry: Telemetry | undefined,
  hook: Hook,
  event: Parameters<NonNullable<Telemetry[Hook]>>[0],
): void {
  const call = telemetry?.[hook] as ((event: unknown) => unknown) | undefined;
  if (call) callQuietly(() => call.call(telemetry, event));
}
