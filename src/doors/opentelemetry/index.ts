/**
 * The entry `codex-wire/opentelemetry`: spans and metrics by the GenAI conventions, from the hooks that every client accepts. They contain
 * no prompt, no answer and no credential.
 */
export { type OpenTelemetryOptions, openTelemetry } from "./call-spans.ts";
export type { SpanHooks } from "./hooks.ts";
