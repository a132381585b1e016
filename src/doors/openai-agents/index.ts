/**
 * Models for `@openai/agents`: {@link CodexApiModelProvider}.
 *
 * @module
 */

// The framework's own Responses model converts its items to requests and back, so all of its features work. This package provides the
// connection below it, in the form of the one method of an OpenAI client that the model calls.

export type { RequestDefaults } from "../line.ts";
export { CodexApiModelProvider, type CodexApiModelProviderOptions } from "./provider.ts";
