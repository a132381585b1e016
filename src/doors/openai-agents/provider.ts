import {
  type Model,
  type ModelProvider,
  type ModelRetryAdvice,
  type ModelRetryAdviceRequest,
  OpenAIResponsesModel,
} from "@openai/agents";
import { knownOptions } from "../../client/index.ts";
import { closeConversations, conversationsOf } from "../conversations.ts";
import type { LineOptions, RequestDefaults } from "../line.ts";
import { responsesClient } from "./client.ts";
import { retryAdvice } from "./retry-advice.ts";

export interface CodexApiModelProviderOptions {
  /**
   * Connections and credentials. Providers with the same object share their connections.
   * @default OpenAI with `OPENAI_API_KEY`, shared by the whole process
   */
  readonly line?: LineOptions | undefined;
  /** Fields for every request, in wire names; those of a run override them. None by default. */
  readonly request?: RequestDefaults | undefined;
  /** The model of agents that name none. @default `"gpt-5-mini"` */
  readonly defaultModel?: string | undefined;
}

const OPTIONS = knownOptions<CodexApiModelProviderOptions>("the options of CodexApiModelProvider", {
  line: true,
  request: true,
  defaultModel: true,
});

/**
 * Models for `@openai/agents` over this package's sessions, with its WebSockets, incremental requests, retries, certificates and proxies.
 *
 * Like with the framework's own provider, responses are stored unless a run says otherwise (`modelSettings.store`), so that
 * `previousResponseId` works.
 *
 * @example
 * ```ts
 * import { Agent, Runner } from "@openai/agents";
 * import { CodexApiModelProvider } from "codex-wire/openai-agents";
 *
 * const runner = new Runner({ modelProvider: new CodexApiModelProvider() });
 * const { finalOutput } = await runner.run(new Agent({ name: "Assistant" }), "Say hello.");
 * ```
 */
export class CodexApiModelProvider implements ModelProvider {
  readonly #options: CodexApiModelProviderOptions;

  constructor(options: CodexApiModelProviderOptions = {}) {
    OPTIONS(options);
    this.#options = options;
  }

  /** @throws {@link BuildError} There is no key, or an option is invalid. */
  getModel(modelName?: string): Model {
    const { line, request, defaultModel = "gpt-5-mini" } = this.#options;
    return new CodexApiModel(responsesClient(conversationsOf(line), request), modelName || defaultModel);
  }

  /** Closes the connections of its `line`. */
  close(): Promise<void> {
    return closeConversations(this.#options.line);
  }
}

class CodexApiModel extends OpenAIResponsesModel {
  override getRetryAdvice({ error }: ModelRetryAdviceRequest): ModelRetryAdvice | undefined {
    return retryAdvice(error);
  }
}
