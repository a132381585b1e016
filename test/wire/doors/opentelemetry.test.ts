import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { openTelemetry } from "../../../src/doors/opentelemetry/index.ts";
import { CodexApi } from "../../../src/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { wire } from "../session/support.ts";

/** As OpenTelemetry's own for Node.js: a context goes along with what is awaited. */
class Contexts implements ContextManager {
  readonly #current = new AsyncLocalStorage<Context>();
  active = () => this.#current.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (of, run, self, ...args) =>
    this.#current.run(of, () => Reflect.apply(run, self, args));
  bind: ContextManager["bind"] = (_of, target) => target;
  enable = () => this;
  disable = () => this;
}

beforeAll(() => {
  context.setGlobalContextManager(new Contexts());
  return () => context.disable();
});

function collector() {
  const exporter = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("test");
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  const recorded = async () => {
    await reader.forceFlush();
    return metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  };
  return { exporter, tracer, recorded, telemetry: openTelemetry({ tracer, meter }) };
}

/** Attributes of the span of each model, and the names of its events. */
function byModel(spans: readonly ReadableSpan[]) {
  return new Map(
    spans
      .filter(({ name }) => name.startsWith("chat "))
      .map((span) => [String(span.attributes["gen_ai.request.model"]), span]),
  );
}

it.each(["websocket", "http"] as const)(
  "ten calls at once over %s are ten spans, each below its own parent, with its own tokens, retries and end",
  async (carrier) => {
    const broken = new Set(["m-3", "m-7"]);
    const emulator = await emulate({
      script: ({ json }) => {
        const { model = "" } = (json ?? {}) as { readonly model?: string }; // a handshake has none

        return broken.delete(model) ? { events: [wire.created], terminateAfterEvents: 1 } : undefined;
      },
    });
    const { exporter, tracer, recorded, telemetry } = collector();
    const api = new CodexApi({ ...clientOptions(emulator.url), telemetry });
    onTestFinished(() => api.close());
    const parents = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        tracer.startActiveSpan(`parent of m-${index}`, async (parent) => {
          const session = api.session({ carrier });
          const stream = await session.stream({
            model: `m-${index}`,
            input: [
              { type: "message", role: "user", content: [{ type: "input_text", text: `repeat: secret ${index}` }] },
            ],
          });
          expect((await stream.collect()).text).toBe(`secret ${index}`);
          await session.close();
          parent.end();
          return parent.spanContext();
        }),
      ),
    );
    const spans = byModel(exporter.getFinishedSpans());
    expect([...spans.keys()].sort()).toEqual(parents.map((_, index) => `m-${index}`));
    for (const [index, { traceId, spanId }] of parents.entries()) {
      const span = spans.get(`m-${index}`) as ReadableSpan;
      expect(span.spanContext().traceId).toBe(traceId);
      expect(span.parentSpanContext?.spanId).toBe(spanId);
      expect(span.attributes).toMatchObject({
        "codex_wire.outcome": "completed",
        "gen_ai.response.id": expect.stringMatching(/^resp_/),
        "gen_ai.usage.input_tokens": expect.any(Number),
        "gen_ai.usage.output_tokens": expect.any(Number),
      });
      const retries = span.events.filter(({ name }) => name === "codex_wire.retry");
      expect(retries).toHaveLength(index === 3 || index === 7 ? 1 : 0);
    }
    expect(new Set([...spans.values()].map((span) => span.attributes["gen_ai.response.id"]))).toHaveProperty(
      "size",
      10,
    );
    const told = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    expect(JSON.stringify(told)).not.toContain("secret");
    const first = (await recorded()).find(({ descriptor }) => descriptor.name.endsWith("time_to_first_chunk"));
    expect(first?.dataPoints).toHaveLength(10);
    expect(trace.getSpan(context.active())).toBeUndefined();
  },
);
