import type { Attributes, Histogram, Meter } from "@opentelemetry/api";
import type { CallEnd } from "../../index.ts";

// The bucket boundaries that the conventions recommend.
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);

/** The histograms of the GenAI conventions. */
export class CallMetrics {
  readonly #duration: Histogram;
  readonly #firstChunk: Histogram;
  readonly #tokens: Histogram;

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram("gen_ai.client.operation.duration", {
      unit: "s",
      description: "Duration of a call, retries included",
      advice: { explicitBucketBoundaries: SECONDS },
    });
    this.#firstChunk = meter.createHistogram("gen_ai.client.operation.time_to_first_chunk", {
      unit: "s",
      description: "From the start of a call to its first event",
      advice: { explicitBucketBoundaries: SECONDS },
    });
    this.#tokens = meter.createHistogram("gen_ai.client.token.usage", {
      unit: "{token}",
      description: "Tokens of a response",
      advice: { explicitBucketBoundaries: TOKENS },
    });
  }

  record({ durationMs, firstEventMs, tokenUsage, error }: CallEnd, attributes: Attributes): void {
    this.#duration.record(durationMs / 1000, { ...attributes, ...(error ? { "error.type": error.kind } : {}) });
    if (firstEventMs !== undefined) this.#firstChunk.record(firstEventMs / 1000, attributes);
    if (!tokenUsage) return;
    this.#tokens.record(tokenUsage.inputTokens, { ...attributes, "gen_ai.token.type": "input" });
    this.#tokens.record(tokenUsage.outputTokens, { ...attributes, "gen_ai.token.type": "output" });
  }
}
