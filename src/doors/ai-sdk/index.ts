/**
 * A language model for the AI SDK: {@link codexApi}.
 *
 * @module
 */

// Turns the SDK's prompt into a request's items, and the answer's items into the SDK's parts. It does not know how they are sent: it uses
// sessions, through the public API only. Start reading in `model.ts`.

export type { RequestDefaults } from "../line.ts";
export { type CodexApiModelOptions, codexApi } from "./codex-api.ts";
