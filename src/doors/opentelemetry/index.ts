/**
 * Spans and metrics by the GenAI conventions: {@link openTelemetry}. They contain no prompt, no answer and no credential.
 *
 * @module
 */

// Built from the hooks that every client accepts. Start reading at `call-spans.ts`.

export { type OpenTelemetryOptions, openTelemetry } from "./call-spans.ts";
export type { SpanHooks } from "./hooks.ts";
