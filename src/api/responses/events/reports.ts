import type { Logger } from "../../../client/observe/log.ts";
import type { Blank } from "../../../client/observe/redact.ts";
import {
  notify,
  type SkippedEvent,
  type StreamDeviation,
  type StreamPoll,
  type Telemetry,
} from "../../../client/observe/telemetry.ts";
import { rowOf } from "./registry.ts";

export interface StreamReportsOptions {
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
  /** Removes the request's own credentials from a text of the service. By default the text is not changed. */
  readonly blank?: Blank | undefined;
}

/** Reports to telemetry and the log when events came, which were left out, and how they deviated. */
export class StreamReports {
  /** True if each event is reported. */
  readonly isPolled: boolean;
  readonly #carrier: StreamPoll["carrier"];
  readonly #options: StreamReportsOptions;
  #polledAt = performance.now();

  constructor(carrier: StreamPoll["carrier"], options: StreamReportsOptions) {
    this.isPolled = options.telemetry?.onStreamPoll !== undefined;
    this.#carrier = carrier;
    this.#options = options;
  }

  /** @param isTyped - `type` is that of the typed event, which is the wire's without `response.`. */
  polled(type: unknown, error?: unknown, isTyped = false): void {
    if (!this.isPolled) return;
    const now = performance.now();
    notify(this.#options.telemetry, "onStreamPoll", {
      carrier: this.#carrier,
      durationMs: now - this.#polledAt,
      type: isTyped ? `response.${type}` : this.#shown(type),
      error,
    });
    this.#polledAt = now;
  }

  skipped(reason: SkippedEvent["reason"], wireType?: unknown): void {
    const { telemetry, logger } = this.#options;
    // Unknown types are expected; an event of a known type that cannot be read is worth a look.
    const isOdd = reason !== "unknown type";
    if (!isOdd && !telemetry?.onSkippedEvent) return;
    const skipped: SkippedEvent = { type: this.#shown(wireType), reason };
    notify(telemetry, "onSkippedEvent", skipped);
    if (isOdd) logger.debug({ ...skipped }, "event left out");
  }

  deviates(what: StreamDeviation["what"], wireType: unknown): void {
    const { telemetry, logger } = this.#options;
    const deviation: StreamDeviation = { type: this.#shown(wireType), what };
    notify(telemetry, "onStreamDeviation", deviation);
    if (what === "sequence") logger.warn({ ...deviation }, "events of the stream are missing");
    else logger.debug({ ...deviation }, "the stream deviates from its documentation; it was corrected");
  }

  blank(text: string): string {
    return this.#options.blank?.(text) ?? text;
  }

  /** An unknown type is text from the server, and a server may repeat the request's credentials in it. */
  #shown(wireType: unknown): string | undefined {
    if (typeof wireType !== "string") return undefined;
    return rowOf(wireType) ? wireType : this.blank(wireType);
  }
}
