/**
 * The entry `codex-wire/opentelemetry`: spans and metrics by the GenAI conventions, from the hooks that every client takes. It sees what the hooks say and no
 * more: no prompt, no answer, no credential.
 */
export { type OpenTelemetryOptions, openTelemetry } from "./call-spans.ts";
export type { SpanHooks } from "./hooks.ts";
