import type { LanguageModelV3, LanguageModelV4 } from "@ai-sdk/provider";
import { knownOptions } from "../../client/index.ts";
import { BuildError } from "../../index.ts";
import { conversationsOf } from "../conversations.ts";
import type { LineOptions, RequestDefaults } from "../line.ts";
import { CodexApiLanguageModel } from "./model.ts";
import { asPreviousSpecification } from "./previous-specification.ts";

export interface CodexApiModelOptions {
  /**
   * Connections and credentials. Models with the same object share their connections.
   * @default OpenAI with `OPENAI_API_KEY`, shared by the whole process
   */
  readonly line?: LineOptions | undefined;
  /** Fields for every request, in wire names; `providerOptions.codexWire` of a call overrides them. None by default. */
  readonly request?: RequestDefaults | undefined;
  /** `v4` for AI SDK 7, `v3` for AI SDK 6. @default `"v4"` */
  readonly specification?: "v3" | "v4" | undefined;
}

const OPTIONS = knownOptions<CodexApiModelOptions>("the options of codexApi", {
  line: true,
  request: true,
  specification: true,
});

/**
 * A language model for the AI SDK over the Responses API, with this package's WebSockets, incremental requests, retries, certificates and
 * proxies.
 *
 * `providerOptions.codexWire` of a call contains fields of the request in wire names; those of `openai` work too, as do the tools of
 * `@ai-sdk/openai` (`openai.tools.…`). Responses are not stored unless you set `store: true`; reasoning is sent back encrypted.
 *
 * @throws {@link BuildError} With the first call: there is no key, or an option is invalid.
 *
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
export function codexApi(modelId: string, options: CodexApiModelOptions = {}): LanguageModelV3 | LanguageModelV4 {
  OPTIONS(options);
  if (typeof modelId !== "string" || modelId === "")
    throw new BuildError('the model of codexApi() is missing: name it, for example codexApi("gpt-5-mini")');
  const { line, request, specification = "v4" } = options;
  const model = new CodexApiLanguageModel(modelId, () => conversationsOf(line), request);
  return specification === "v3" ? asPreviousSpecification(model) : model;
}
