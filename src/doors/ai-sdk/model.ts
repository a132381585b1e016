import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import { CodexApiError } from "../../index.ts";
import type { Answer, Conversations } from "../conversations.ts";
import type { RequestDefaults } from "../line.ts";
import { metadata } from "./carried.ts";
import { tellsSources } from "./citations.ts";
import { partsOf } from "./content.ts";
import { modelCall } from "./request.ts";
import { StreamParts } from "./stream-parts.ts";
import { finishReasonOf, usageOf } from "./usage.ts";

/** A model for the AI SDK that uses this package's sessions. */
export class CodexApiLanguageModel implements LanguageModelV4 {
  readonly specificationVersion = "v4";
  readonly provider = "codex-wire.responses";
  readonly modelId: string;
  /** The service fetches these URLs itself. */
  readonly supportedUrls = { "image/*": [/^https?:\/\/.*$/], "application/pdf": [/^https?:\/\/.*$/] };
  readonly #conversations: () => Conversations;
  readonly #defaults: RequestDefaults;

  constructor(modelId: string, conversations: () => Conversations, defaults: RequestDefaults = {}) {
    this.modelId = modelId;
    this.#conversations = conversations;
    this.#defaults = defaults;
  }

  /** @throws A `CodexApiError`, after the retries that the policy allows; the signal's reason if the call was aborted. */
  async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
    const { request, tools, warnings } = modelCall(this.modelId, options, this.#defaults);
    const answer = await this.#ask(request, false, options);
    const { items, model, end } = await answer.whole().catch((error) => fail(error, options));
    const hasSearched = items.some(tellsSources);
    const content = items.flatMap((item) => partsOf(item, tools, hasSearched));
    const messages = items.filter((item) => item.type === "message");
    const final = messages.filter(({ phase }) => phase === "final_answer").at(-1);
    const shape = {
      incompleteReason: end?.type === "incomplete" ? end.reason : undefined,
      hasCalls: content.some((part) => part.type === "tool-call" && !part.providerExecuted),
      hasRefusal: messages.some((message) => message.content.some(({ type }) => type === "refusal")),
    };
    return {
      content,
      // Commentary does not belong to a structured answer.
      ...(final && options.responseFormat?.type === "json"
        ? { structuredOutputText: final.content.map((part) => ("text" in part ? part.text : "")).join("") }
        : {}),
      finishReason: finishReasonOf(shape),
      usage: usageOf(end?.tokenUsage),
      warnings,
      providerMetadata: metadata({ responseId: end?.responseId }),
      request: { body: request },
      response: {
        ...(end?.responseId ? { id: end.responseId } : {}),
        modelId: model ?? this.modelId,
        headers: answer.headers,
      },
    };
  }

  /**
   * Resolves with the first event, so that a refusal becomes a rejection. A stream that breaks is silently retried as long as nothing was
   * delivered that would have to be withdrawn; after that it ends with an `error` part.
   *
   * @throws The errors of {@link doGenerate}.
   */
  async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
    const { request, tools, warnings } = modelCall(this.modelId, options, this.#defaults);
    const answer = await this.#ask(request, true, options);
    const parts = new StreamParts({ tools, includeRaw: options.includeRawChunks ?? false });
    let first: Awaited<ReturnType<Answer["next"]>> | undefined = await answer
      .next()
      .catch((error) => fail(error, options));
    const stream = new ReadableStream<LanguageModelV4StreamPart>(
      {
        start(controller) {
          controller.enqueue({ type: "stream-start", warnings });
        },
        async pull(controller) {
          try {
            for (;;) {
              const step = first ?? (await answer.next());
              first = undefined;
              if (step.done) {
                controller.enqueue(parts.finish());
                controller.close();
                return;
              }
              const made = parts.of(step.value);
              for (const part of made) controller.enqueue(part);
              if (made.length > 0) return;
            }
          } catch (error) {
            void answer.return();
            if (options.abortSignal?.aborted) return controller.error(options.abortSignal.reason);
            controller.enqueue({ type: "error", error });
            controller.enqueue({
              type: "finish",
              usage: usageOf(partialUsage(error)),
              finishReason: { unified: "error", raw: kindOf(error) },
            });
            controller.close();
          }
        },
        async cancel() {
          await answer.return();
        },
      },
      { highWaterMark: 0 },
    );
    return { stream, request: { body: request }, response: { headers: answer.headers } };
  }

  #ask(
    request: Parameters<Conversations["ask"]>[0],
    isShown: boolean,
    { abortSignal: signal, headers, includeRawChunks: raw = false }: LanguageModelV4CallOptions,
  ): Promise<Answer> {
    const options = { signal, headers, raw, wireEvents: raw, isShown };
    return this.#conversations()
      .ask(request, options)
      .catch((error) => fail(error, { abortSignal: signal }));
  }
}

/** The SDK recognises an abort by the signal's own reason. */
function fail(error: unknown, { abortSignal }: { readonly abortSignal?: AbortSignal | undefined }): never {
  throw abortSignal?.aborted ? abortSignal.reason : error;
}

function kindOf(error: unknown): string | undefined {
  return CodexApiError.is(error) ? error.kind : undefined;
}

function partialUsage(error: unknown) {
  return CodexApiError.is(error) && "partial" in error ? error.partial?.tokenUsage : undefined;
}
