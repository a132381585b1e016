import { randomUUID } from "node:crypto";
import { callQuietly, type Logger, silentLogger, steadyLogger } from "../../client/observe/log.ts";
import type {
  RequestAttempt,
  RetryNotice,
  SkippedEvent,
  StreamDeviation,
  StreamPoll,
  Telemetry as TransportTelemetry,
  WebSocketRequest,
} from "../../client/observe/telemetry.ts";
import { withoutUndefined } from "../../client/options.ts";
import { CodexApiError, type CodexFailure } from "../refusal/kinds.ts";
import type { TurnCache } from "../responses/received/cache-use.ts";
import type { TokenUsage } from "../token-usage.ts";

/** Which call an event belongs to. */
export interface CallFacts {
  /** Id of one call, over all its requests, handshakes and retries. */
  readonly callId: string;
  /** The path below the base URL, without ids, e.g. `responses`. */
  readonly endpoint: string;
  readonly model?: string | undefined;
  /** The session's lane (a conversation of its own) that the call belongs to. */
  readonly lane?: string | undefined;
}

/**
 * How a call ended. `left`: its reader left before the end. `incomplete`: the service ended the answer early, whether or not that is an
 * error to the caller.
 */
export type CallOutcome = "completed" | "incomplete" | "failed" | "aborted" | "left";

export interface CallEnd extends CallFacts {
  readonly outcome: CallOutcome;
  readonly durationMs: number;
  /** Milliseconds from the start until the reader got the first event of a stream. */
  readonly firstEventMs?: number | undefined;
  /** The service's id of the last request. */
  readonly requestId?: string | undefined;
  readonly responseId?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
  /** For a session: how much of the input came from the service's prompt cache, and why the request was sent whole, if it was. */
  readonly cache?: TurnCache | undefined;
  readonly error?: CodexFailure | undefined;
}

/** A call of a session that waits until the one before it has ended. */
export interface CallWait extends CallFacts {
  /** How many calls are ahead of it, including the running one. */
  readonly ahead: number;
}

/**
 * Hooks for metrics and traces. Each is optional, is called synchronously, and must not throw; errors that it throws are ignored. Every
 * event says which call it belongs to; times are in whole milliseconds.
 */
export interface Telemetry {
  onCallStart?(call: CallFacts): void;
  /** Once for every start. A stream ends when its reader has read it to its end or has left it. */
  onCallEnd?(end: CallEnd): void;
  onCallWait?(wait: CallWait): void;
  onRequest?(attempt: RequestAttempt & CallFacts): void;
  onRetry?(notice: Omit<RetryNotice, "reason"> & { readonly reason: CodexFailure } & CallFacts): void;
  onStreamPoll?(poll: StreamPoll & CallFacts): void;
  onSkippedEvent?(event: SkippedEvent & CallFacts): void;
  onStreamDeviation?(deviation: StreamDeviation & CallFacts): void;
  onWebSocketRequest?(request: WebSocketRequest & CallFacts): void;
}

/** What an answer reported when it ended. */
export interface AnswerEnd {
  readonly requestId?: string | undefined;
  readonly responseId?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
  readonly cache?: TurnCache | undefined;
}

/** Reports what happens to telemetry and the log. */
export class Observer {
  readonly telemetry: Telemetry | undefined;
  readonly logger: Logger;

  constructor({
    telemetry,
    logger,
  }: {
    readonly telemetry?: Telemetry | undefined;
    readonly logger?: Logger | undefined;
  }) {
    this.telemetry = telemetry;
    this.logger = steadyLogger(logger);
  }

  /** Begins a call; the code that calls this also ends the call. */
  begin(facts: Omit<CallFacts, "callId">): CallObserver {
    const isObserved = this.telemetry !== undefined || this.logger !== silentLogger;
    return new CallObserver({ callId: isObserved ? randomUUID() : "", ...facts }, this);
  }
}

const TRANSPORT_HOOKS = [
  "onRequest",
  "onRetry",
  "onStreamPoll",
  "onSkippedEvent",
  "onStreamDeviation",
  "onWebSocketRequest",
] as const;

/** One call, from its start to its end. */
export class CallObserver {
  readonly facts: CallFacts;
  /** Hooks that know which call they are about. */
  readonly telemetry: TransportTelemetry;
  readonly logger: Logger;
  readonly #to: Telemetry | undefined;
  readonly #startedAt = performance.now();
  #firstEventMs: number | undefined;
  #end: AnswerEnd = {};
  #isOver = false;

  constructor(facts: CallFacts, { telemetry, logger }: Observer) {
    this.facts = withoutUndefined(facts);
    this.#to = telemetry;
    this.telemetry = telemetry ? bound(telemetry, this.facts) : {};
    this.logger = withCall(logger, facts.callId);
    this.#tell("onCallStart", this.facts);
  }

  /** The call waits for `ahead` others. */
  waits(ahead: number): void {
    this.logger.debug({ ahead }, "the call waits for the one before it");
    this.#tell("onCallWait", { ...this.facts, ahead });
  }

  /** True if someone wants to know how calls end. Watching a stream for it costs a step per event. */
  get isWatched(): boolean {
    return this.#to?.onCallEnd !== undefined;
  }

  /** @param at - When the first event came, on the clock of `performance.now()`. */
  firstEvent(at: number | undefined): void {
    if (at !== undefined) this.#firstEventMs ??= Math.round(at - this.#startedAt);
  }

  answered(end: AnswerEnd): void {
    this.#end = { ...this.#end, ...end };
  }

  /** Works once; later calls have no effect. */
  ended(outcome: CallOutcome, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const failure = CodexApiError.is(error) ? error : undefined;
    this.#tell("onCallEnd", {
      ...this.facts,
      outcome,
      durationMs: Math.round(performance.now() - this.#startedAt),
      firstEventMs: this.#firstEventMs,
      ...this.#end,
      requestId: failure?.requestId ?? this.#end.requestId,
      error: failure,
    });
  }

  /** Runs a whole call: it ends with the work. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = await this.opening(work);
    this.ended("completed");
    return result;
  }

  /** Runs a call until its stream is open: it ends here only if the work fails. The reader of the stream reports any other end. */
  async opening<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  failed(error: unknown): void {
    const kind = CodexApiError.is(error) ? error.kind : undefined;
    this.ended(kind === "aborted" || kind === "incomplete" ? kind : "failed", error);
  }

  #tell<Hook extends "onCallStart" | "onCallEnd" | "onCallWait">(
    hook: Hook,
    event: Parameters<NonNullable<Telemetry[Hook]>>[0],
  ): void {
    const to = this.#to;
    if (to?.[hook]) callQuietly(() => (to[hook] as (event: unknown) => unknown).call(to, withoutUndefined(event)));
  }
}

/** Only the hooks that were given: without a hook no event object is created. */
function bound(telemetry: Telemetry, facts: CallFacts): TransportTelemetry {
  const hooks = TRANSPORT_HOOKS.filter((hook) => telemetry[hook] !== undefined).map((hook) => {
    const call = telemetry[hook] as (event: unknown) => unknown;
    const tell = (event: object): unknown => call.call(telemetry, { ...whole(event), ...facts });
    return [hook, tell] as const;
  });
  return Object.fromEntries(hooks);
}

/** The event with its time in whole milliseconds. */
function whole(event: object): object {
  return "durationMs" in event ? { ...event, durationMs: Math.round(event.durationMs as number) } : event;
}

function withCall(logger: Logger, callId: string): Logger {
  if (logger === silentLogger) return logger;
  const at =
    (level: keyof Logger): Logger["debug"] =>
    (fields, message) =>
      logger[level]({ ...fields, callId }, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
