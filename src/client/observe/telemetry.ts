import { Failure } from "../failure/failure.ts";
import { HttpError, NetworkError, StreamError, TimeoutError } from "../failure/kinds.ts";
import { withoutUndefined } from "../options.ts";
import { callQuietly, type Logger } from "./log.ts";

/** One request that was sent, and how it ended. Source: the Rust client's request telemetry, called once per attempt. */
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

/** Announces the delay before something is sent again. Every retry is announced. */
export interface RetryNotice {
  /** 1 for the first retry; 0 when only a connection is replaced, which uses no retry: it died while idle, or before the request was sent. */
  readonly retry: number;
  readonly maxRetries: number;
  /** Delay in whole milliseconds. */
  readonly delayMs: number;
  readonly reason: Failure;
  /**
   * `request`: the same request again; `stream`: a new stream after a broken one; `resume`: the same response, which the service continues,
   * read further from where it broke; `credentials`: with renewed ones after a 401; `downgrade`: without compression; `fallback`: HTTP
   * instead of WebSocket.
   */
  readonly layer: "request" | "stream" | "resume" | "credentials" | "downgrade" | "fallback";
}

/** The result of waiting for the next event of a stream. */
export interface StreamPoll {
  readonly durationMs: number;
  readonly carrier: "http" | "websocket";
  /** Wire type of the event, if one arrived and could be read. */
  readonly type?: string | undefined;
  readonly error?: unknown;
}

/** An event of the stream that was left out, and why. */
export interface SkippedEvent {
  readonly type?: string | undefined;
  /** `earlier response`: it came after the end of the response that it belongs to, on the same connection. */
  readonly reason: "unknown type" | "missing field" | "not JSON" | "earlier response";
}

/** Something that a stream did differently from its documentation. It was corrected as far as possible. */
export interface StreamDeviation {
  /** Wire type of the event. */
  readonly type?: string | undefined;
  /**
   * `sequence`: events are missing between this one and the one before; `usage`: in another form, partial or unreadable; `response id`:
   * missing; `item`: only in the terminal event, or sent twice; `order`: finished before an earlier item; `text`: in no delta, or missing
   * in its finished item; `content type`: not that of an event stream.
   */
  readonly what: "sequence" | "usage" | "response id" | "item" | "order" | "text" | "content type";
}

/** One request over a WebSocket. */
export interface WebSocketRequest {
  readonly durationMs: number;
  readonly error?: unknown;
  readonly connectionReused: boolean;
}

/** Hooks for metrics and traces. Each is optional, is called synchronously, and must not throw; errors that it throws are ignored. */
export interface Telemetry {
  onRequest?(attempt: RequestAttempt): void;
  onRetry?(notice: RetryNotice): void;
  onStreamPoll?(poll: StreamPoll): void;
  onSkippedEvent?(event: SkippedEvent): void;
  onStreamDeviation?(deviation: StreamDeviation): void;
  onWebSocketRequest?(request: WebSocketRequest): void;
}

/** The observers of retries. */
export interface RetryObservers {
  readonly telemetry?: Telemetry | undefined;
  readonly logger?: Logger | undefined;
}

/** A notice in the form of the code that handles the failure. */
type Announcement = Omit<RetryNotice, "reason"> & { readonly reason: unknown };

/** Reports a retry to telemetry and the log, before the delay. */
export function announceRetry({ telemetry, logger }: RetryObservers, { reason, ...notice }: Announcement): void {
  const { layer, retry, maxRetries } = notice;
  const delayMs = Math.round(notice.delayMs);
  const failure = Failure.is(reason) ? reason : new StreamError(String(reason), { cause: reason });
  const told = { layer, retry, maxRetries, delayMs, reason: kindOf(failure) };
  // Idle connections often die; that is not worth a warning.
  callQuietly(() => logger?.[retry === 0 ? "debug" : "warn"](told, RETRY_TEXT[layer]));
  notify(telemetry, "onRetry", { ...notice, delayMs, reason: failure });
}

/** Reports a request that is sent again at once, because there is a remedy for the refusal `reason`. */
export function announceRemedy(observers: RetryObservers, layer: RetryNotice["layer"], reason: unknown): void {
  announceRetry(observers, { retry: 1, maxRetries: 1, delayMs: 0, reason, layer });
}

const RETRY_TEXT: Readonly<Record<RetryNotice["layer"], string>> = {
  request: "the request is sent again",
  stream: "the stream broke; a new one is opened",
  resume: "the stream broke; the service continues the response, and the stream is resumed",
  credentials: "the credentials were renewed; the request is sent again",
  downgrade: "the request is sent again without compression",
  fallback: "the WebSocket failed; HTTP is used from now on",
};

/** A message may contain text from the service, which may contain the prompt. */
function kindOf(reason: Failure): string {
  if (reason instanceof HttpError) return `${reason.kind} ${reason.status}`;
  if (reason instanceof NetworkError || reason instanceof TimeoutError)
    return `${reason.kind}, ${reason.phase ?? "request"}`;
  return reason.kind;
}

/** Calls a hook, with what is known of the event; an error in it does not affect the request. */
export function notify<Hook extends keyof Telemetry>(
  telemetry: Telemetry | undefined,
  hook: Hook,
  event: Parameters<NonNullable<Telemetry[Hook]>>[0],
): void {
  const call = telemetry?.[hook] as ((event: unknown) => unknown) | undefined;
  if (call) callQuietly(() => call.call(telemetry, withoutUndefined(event)));
}
