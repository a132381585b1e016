import {
  type Attributes,
  type Meter,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { knownOptions } from "../../client/index.ts";
import { type CallEnd, type CallFacts, type CallWait, version } from "../../index.ts";
import type { SpanHooks } from "./hooks.ts";
import { CallMetrics } from "./metrics.ts";

export interface OpenTelemetryOptions {
  /** @default the global tracer, under the name `codex-wire` */
  readonly tracer?: Tracer | undefined;
  /** @default the global meter, under the name `codex-wire` */
  readonly meter?: Meter | undefined;
  /** The attribute `gen_ai.provider.name`. @default `"openai"` */
  readonly provider?: string | undefined;
}

const OPTIONS = knownOptions<OpenTelemetryOptions>("the options of openTelemetry", {
  tracer: true,
  meter: true,
  provider: true,
});

/**
 * Telemetry that creates a span for every call, `chat MODEL` for a response, as a child of the active span. Its requests, retries and
 * delays are events of the span; tokens, cache figures and ids are attributes. Metrics: `gen_ai.client.operation.duration`,
 * `gen_ai.client.operation.time_to_first_chunk`, `gen_ai.client.token.usage`. A request that belongs to no call, as with
 * `codex-wire/client`, gets a span of its own.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): SpanHooks {
  OPTIONS(options);
  const { tracer, meter, provider = "openai" } = options;
  return new CallSpans(
    tracer ?? trace.getTracer("codex-wire", version),
    new CallMetrics(meter ?? metrics.getMeter("codex-wire", version)),
    provider,
  );
}

/** What requests over both carriers tell. */
type SentRequest = Pick<Parameters<SpanHooks["onWebSocketRequest"]>[0], "callId" | "durationMs" | "error">;

/** How a request is written: as an event under one name, or as a span under another. */
interface Written {
  readonly event: string;
  readonly name: string;
  readonly attributes: Attributes;
}

class CallSpans implements SpanHooks {
  readonly #tracer: Tracer;
  readonly #metrics: CallMetrics;
  readonly #provider: string;
  /** Spans of calls that have not ended. Every start has an end. */
  readonly #spans = new Map<string, Span>();

  constructor(tracer: Tracer, callMetrics: CallMetrics, provider: string) {
    this.#tracer = tracer;
    this.#metrics = callMetrics;
    this.#provider = provider;
  }

  onCallStart(call: CallFacts): void {
    const attributes = {
      ...this.#attributes(call),
      ...(call.lane === undefined ? {} : { "gen_ai.conversation.id": call.lane }),
    };
    const name = [operationOf(call), call.model].filter((word) => word !== undefined).join(" ");
    this.#spans.set(call.callId, this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }));
  }

  onCallEnd(end: CallEnd): void {
    this.#metrics.record(end, this.#attributes(end));
    const span = this.#spans.get(end.callId);
    this.#spans.delete(end.callId);
    if (!span) return;
    span.setAttributes(endAttributes(end));
    if (end.error) {
      span.setAttribute("error.type", end.error.kind);
      // A message can contain text from the service, which can contain the prompt, so only the kind is used.
      if (end.outcome === "failed" || end.outcome === "incomplete")
        span.setStatus({ code: SpanStatusCode.ERROR, message: end.error.kind });
    }
    span.end();
  }

  onCallWait({ callId, ahead }: CallWait): void {
    this.#spans.get(callId)?.addEvent("codex_wire.wait", { "codex_wire.wait.ahead": ahead });
  }

  onRequest(request: Parameters<SpanHooks["onRequest"]>[0]): void {
    const { attempt, method, url, status, error } = request;
    const attributes = {
      "http.request.method": method,
      "url.full": url,
      "http.request.resend_count": attempt,
      ...(status === undefined ? {} : { "http.response.status_code": status }),
      ...(error === undefined ? {} : { "error.type": kindOf(error) }),
    };
    this.#request(request, { event: "codex_wire.request", name: method, attributes });
  }

  onWebSocketRequest(request: Parameters<SpanHooks["onWebSocketRequest"]>[0]): void {
    const { connectionReused, error } = request;
    const attributes = {
      "codex_wire.connection.reused": connectionReused,
      ...(error === undefined ? {} : { "error.type": kindOf(error) }),
    };
    this.#request(request, { event: "codex_wire.websocket_request", name: "websocket", attributes });
  }

  onRetry({ callId, layer, retry, maxRetries, delayMs, reason }: Parameters<SpanHooks["onRetry"]>[0]): void {
    const span = callId === undefined ? trace.getActiveSpan() : this.#spans.get(callId);
    span?.addEvent("codex_wire.retry", {
      "codex_wire.retry.layer": layer,
      "codex_wire.retry.count": retry,
      "codex_wire.retry.max": maxRetries,
      "codex_wire.retry.delay_ms": delayMs,
      "error.type": reason.kind,
    });
  }

  /** An event of its call's span, or a span of its own. */
  #request({ callId, durationMs, error }: SentRequest, { event, name, attributes }: Written): void {
    const span = callId === undefined ? undefined : this.#spans.get(callId);
    if (span) {
      span.addEvent(event, { ...attributes, "codex_wire.duration_ms": durationMs });
      return;
    }
    const startTime = Date.now() - durationMs;
    const own = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes });
    if (error !== undefined) own.setStatus({ code: SpanStatusCode.ERROR, message: kindOf(error) });
    own.end();
  }

  #attributes(call: CallFacts): Attributes {
    return {
      "gen_ai.operation.name": operationOf(call),
      "gen_ai.provider.name": this.#provider,
      ...(call.model === undefined ? {} : { "gen_ai.request.model": call.model }),
    };
  }
}

/** The conventions have names for the usual operations; the others are named by their endpoint. */
function operationOf({ endpoint }: CallFacts): string {
  return endpoint === "responses" ? "chat" : endpoint;
}

function endAttributes({ outcome, responseId, requestId, firstEventMs, tokenUsage }: CallEnd): Attributes {
  return {
    "gen_ai.response.id": responseId,
    "codex_wire.request.id": requestId,
    "codex_wire.outcome": outcome,
    ...(outcome === "completed" ? { "gen_ai.response.finish_reasons": ["stop"] } : {}),
    ...(outcome === "incomplete" ? { "gen_ai.response.finish_reasons": ["incomplete"] } : {}),
    ...(firstEventMs === undefined ? {} : { "codex_wire.first_event_ms": firstEventMs }),
    "gen_ai.usage.input_tokens": tokenUsage?.inputTokens,
    "gen_ai.usage.output_tokens": tokenUsage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": tokenUsage?.cachedInputTokens,
    "gen_ai.usage.cache_creation.input_tokens": tokenUsage?.cacheWriteInputTokens,
    "gen_ai.usage.reasoning.output_tokens": tokenUsage?.reasoningOutputTokens,
  };
}

function kindOf(reason: unknown): string {
  return typeof reason === "object" && reason !== null && "kind" in reason ? String(reason.kind) : "unknown";
}
