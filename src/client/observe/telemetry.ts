import { Failure } from "../failure/failure.ts";
import { HttpError, NetworkError, StreamError, TimeoutError } from "../failure/kinds.ts";
import { callQuietly, type Logger } from "./log.ts";

/** One sent request and how it ended. Source: the Rust client's request telemetry, called once per attempt. */
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
  /** 1 for the first retry; 0 where a kept connection had died and is replaced, which costs none. */
  readonly retry: number;
  readonly maxRetries: number;
  /** Whole milliseconds. */
  readonly delayMs: number;
  readonly reason: Failure;
  /**
   * `request`: the same request once more; `stream`: a new stream after a broken one; `resume`: the same response, which goes on at the service,
   * taken up where it was; `credentials`: with renewed ones after a 401; `downgrade`: without compression; `fallback`: HTTP instead of WebSocket.
   */
  readonly layer: "request" | "stream" | "resume" | "credentials" | "downgrade" | "fallback";
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

/** What a stream did differently from its documentation. It was put right as far as it can be; nothing of it was left out in silence. */
export interface StreamDeviation {
  /** Wire type of the event. */
  readonly type?: string | undefined;
  /**
   * `sequence`: numbers are missing between this event and the one before it, so events are; `usage`: in another form, partial or unreadable;
   * `response id`: missing; `item`: told by the terminal event alone; `order`: finished before one that stands ahead of it; `text`: no piece of it came,
   * and no finished item holds it; `content type`: not that of an event stream.
   */
  readonly what: "sequence" | "usage" | "response id" | "item" | "order" | "text" | "content type";
}

/** One request over a WebSocket. */
export interface WebSocketRequest {
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
  onStreamDeviation?(deviation: StreamDeviation): void;
  onWebSocketRequest?(request: WebSocketRequest): void;
}

/** Who hears of what is sent again. */
export interface RetryObservers {
  readonly telemetry?: Telemetry | undefined;
  readonly logger?: Logger | undefined;
}

/** A notice as the code that meets the failure has it. */
type Announcement = Omit<RetryNotice, "reason"> & { readonly reason: unknown };

/** Tells telemetry and the log, before the wait. */
export function announceRetry({ telemetry, logger }: RetryObservers, { reason, ...notice }: Announcement): void {
  const { layer, retry, maxRetries } = notice;
  const delayMs = Math.round(notice.delayMs);
  const failure = Failure.is(reason) ? reason : new StreamError(String(reason), { cause: reason });
  const told = { layer, retry, maxRetries, delayMs, reason: kindOf(failure) };
  // A kept connection that had died is everyday business.
  callQuietly(() => logger?.[retry === 0 ? "debug" : "warn"](told, RETRY_TEXT[layer]));
  notify(telemetry, "onRetry", { ...notice, delayMs, reason: failure });
}

/** Announces what is sent once more at once, because the refusal `reason` has a remedy. */
export function announceRemedy(observers: RetryObservers, layer: RetryNotice["layer"], reason: unknown): void {
  announceRetry(observers, { retry: 1, maxRetries: 1, delayMs: 0, reason, layer });
}

const RETRY_TEXT: Readonly<Record<RetryNotice["layer"], string>> = {
  request: "the request is sent again",
  stream: "the stream broke; a new one is opened",
  resume: "the stream broke; the response goes on at the service and is taken up where it was",
  credentials: "the credentials were renewed; the request is sent again",
  downgrade: "the request is sent again without compression",
  fallback: "the WebSocket is given up; HTTP takes over",
};

/** A message may hold the service's own words, and those the prompt. */
function kindOf(reason: Failure): string {
  if (reason instanceof HttpError) return `${reason.kind} ${reason.status}`;
  if (reason instanceof NetworkError || reason instanceof TimeoutError)
    return `${reason.kind}, ${reason.phase ?? "request"}`;
  return reason.kind;
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
