import type { LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import { conversationsOf } from "../conversations.ts";
import type { LineOptions } from "../line.ts";
import { CodexApiLanguageModel } from "./model.ts";
import { asPreviousSpecification } from "./previous-specification.ts";
import type { RequestDefaults } from "./request.ts";

export interface CodexApiModelOptions {
  /** How to reach the service. Models that are given the same object share its connections. Default: OpenAI with `OPENAI_API_KEY`, one line for the process. */
  readonly line?: LineOptions | undefined;
  /** Fields of every request, in wire names. `providerOptions.codexWire` of a call goes before them. */
  readonly request?: RequestDefaults | undefined;
  /** `v4` for AI SDK 7, `v3` for AI SDK 6. Default `v4`. */
  readonly specification?: "v3" | "v4" | undefined;
}

/**
 * A language model for the AI SDK over the Responses API: WebSocket, increments, retries, trust and proxies as everywhere in this package.
 *
 * `providerOptions.codexWire` of a call are fields of the request in wire names; those of `openai` are understood too, as are the tools of
 * `@ai-sdk/openai` (`openai.tools.…`). Responses are not stored unless `store: true` is asked for; reasoning goes back encrypted.
 *
 * @throws {@link BuildError} With the first call: there is no key, or an option is unusable.
 * @example
 * ```ts
 * import { streamText } from "ai";
 * import { codexApi } from "codex-wire/ai-sdk";
 *
 * const { textStream } = streamText({ model: codexApi("gpt-5-mini"), prompt: "Say hello." });
 * for await (const text of textStream) process.stdout.write(text);
 * ```
 */
export function codexApi(
  modelId: string,
  options: CodexApiModelOptions & { readonly specification: "v3" },
): LanguageModelV3;
export function codexApi(modelId: string, options?: CodexApiModelOptions): LanguageModelV4;
export function codexApi(
  modelId: string,
  { line, request, specification = "v4" }: CodexApiModelOptions = {},
): LanguageModelV3 | LanguageModelV4 {
  const model = new CodexApiLanguageModel(modelId, () => conversationsOf(line), request);
  return specification === "v3" ? asPreviousSpecification(model) : model;
}
