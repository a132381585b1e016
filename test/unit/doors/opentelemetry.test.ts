import { type Attributes, context, ROOT_CONTEXT, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { openTelemetry } from "../../../src/doors/opentelemetry/index.ts";
import { NetworkError, RateLimitError } from "../../../src/index.ts";

function collector() {
  const spans = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer("test");
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  const metrics = async (): Promise<Record<string, { attributes: Attributes; sum: number | undefined }[]>> => {
    await reader.forceFlush();
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return Object.fromEntries(
      all.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => ({ attributes, sum: (value as { sum?: number }).sum })),
      ]),
    );
  };
  return { spans, metrics, telemetry: openTelemetry({ tracer, meter }) };
}

const USAGE = {
  ...{ inputTokens: 100, cachedInputTokens: 60, cacheWriteInputTokens: 10 },
  ...{ outputTokens: 20, reasoningOutputTokens: 5, totalTokens: 120 },
};

test("ten calls at once are ten spans, each with its own requests, retries and tokens", async () => {
  const { spans, metrics, telemetry } = collector();
  const calls = Array.from({ length: 10 }, (_, index) => ({
    ...{ callId: `call-${index}`, endpoint: "responses", model: `model-${index}`, lane: `lane-${index}` },
  }));
  for (const call of calls) telemetry.onCallStart(call);
  for (const [index, call] of calls.entries()) {
    telemetry.onRequest({
      ...call,
      attempt: index,
      method: "POST",
      url: `https://host/${index}`,
      status: 200,
      durationMs: index,
    });
  }
  for (const call of calls.toReversed()) {
    telemetry.onRetry({
      ...call,
      layer: "stream",
      retry: 1,
      maxRetries: 5,
      delayMs: 200,
      reason: new NetworkError("reset", {} as never),
    });
    telemetry.onCallEnd({
      ...call,
      outcome: "completed",
      durationMs: 1500,
      firstEventMs: 250,
      responseId: `resp-${call.model}`,
      tokenUsage: USAGE,
    });
  }
  const finished = spans.getFinishedSpans();
  expect(finished).toHaveLength(10);
  for (const { name, kind, attributes, events } of finished) {
    const index = name.replace("chat model-", "");
    expect(kind).toBe(SpanKind.CLIENT);
    expect(attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": `model-${index}`,
      "gen_ai.response.id": `resp-model-${index}`,
      "gen_ai.conversation.id": `lane-${index}`,
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 20,
      "gen_ai.usage.cache_read.input_tokens": 60,
      "gen_ai.usage.cache_creation.input_tokens": 10,
    });
    expect(events.map((event) => event.name)).toEqual(["codex_wire.request", "codex_wire.retry"]);
    expect(events[0]?.attributes?.["url.full"]).toBe(`https://host/${index}`);
    expect(events[1]?.attributes?.["error.type"]).toBe("network");
  }
  const recorded = await metrics();
  expect(recorded["gen_ai.client.operation.duration"]).toHaveLength(10);
  expect(recorded["gen_ai.client.operation.time_to_first_chunk"]?.[0]?.sum).toBe(0.25);
  expect(recorded["gen_ai.client.token.usage"]).toHaveLength(20);
});

test("a failed call has its kind, and not the message, which may quote a prompt", () => {
  const { spans, telemetry } = collector();
  const call = { callId: "a", endpoint: "responses" };
  telemetry.onCallStart(call);
  telemetry.onCallEnd({ ...call, outcome: "failed", durationMs: 1, error: new RateLimitError("secret", {} as never) });
  const [span] = spans.getFinishedSpans();
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: "rate_limit" });
  expect(span?.attributes["error.type"]).toBe("rate_limit");
  expect(JSON.stringify({ ...span?.attributes, status: span?.status })).not.toContain("secret");
});

test("a request without a call is a span of its own, as long as the request took", () => {
  const { spans, telemetry } = collector();
  context.with(ROOT_CONTEXT, () =>
    telemetry.onRequest({ attempt: 0, method: "GET", url: "https://host/", status: 503, durationMs: 1500 }),
  );
  const [span] = spans.getFinishedSpans();
  expect(span?.attributes["http.response.status_code"]).toBe(503);
  const took = span ? span.duration[0] * 1000 + span.duration[1] / 1e6 : 0;
  expect(took).toBeGreaterThan(1400);
  expect(took).toBeLessThan(3000);
});
