/**
 * The entry `codex-wire/ai-sdk`: a language model for the AI SDK. It turns the SDK's prompt into a request's items and the answer's items into the SDK's parts,
 * and knows nothing of how they travel: that is a session's business, of which it knows the public API alone. Start reading in `model.ts`.
 */
export { type CodexApiModelOptions, codexApi } from "./codex-api.ts";
export type { RequestDefaults } from "./request.ts";
