/**
 * The entry `codex-wire/openai-agents`: models for `@openai/agents`. The framework's own Responses model turns its items into requests and back, so all that it
 * can express arrives as the framework means it; what is ours is the line below it, in the form of the one method of an OpenAI client that it calls.
 */
export type { RequestDefaults } from "./client.ts";
export { CodexApiModelProvider, type CodexApiModelProviderOptions } from "./provider.ts";
