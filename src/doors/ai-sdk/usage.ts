import type { JSONObject, LanguageModelV4FinishReason, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { TokenUsage } from "../../index.ts";

export function usageOf(usage: TokenUsage | undefined): LanguageModelV4Usage {
  if (!usage) {
    return {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    };
  }
  const { inputTokens, cachedInputTokens, cacheWriteInputTokens, outputTokens, reasoningOutputTokens } = usage;
  return {
    inputTokens: {
      total: inputTokens,
      noCache: inputTokens - cachedInputTokens - cacheWriteInputTokens,
      cacheRead: cachedInputTokens,
      cacheWrite: cacheWriteInputTokens,
    },
    outputTokens: { total: outputTokens, text: outputTokens - reasoningOutputTokens, reasoning: reasoningOutputTokens },
    raw: { ...usage } as JSONObject,
  };
}

/** The properties of an answer that determine why it ended. */
export interface AnswerShape {
  /** Set if the answer stopped early. */
  readonly incompleteReason?: string | undefined;
  /** True if a call waits for the program. */
  readonly hasCalls: boolean;
  readonly hasRefusal: boolean;
}

export function finishReasonOf({ incompleteReason, hasCalls, hasRefusal }: AnswerShape): LanguageModelV4FinishReason {
  return { unified: unified(), raw: incompleteReason };

  function unified(): LanguageModelV4FinishReason["unified"] {
    if (incompleteReason === "max_output_tokens") return "length";
    if (incompleteReason === "content_filter") return "content-filter";
    if (hasCalls) return "tool-calls"; // takes precedence over a refusal: the tools should run, and the refusal stays in the content
    if (incompleteReason !== undefined) return "other";
    return hasRefusal ? "content-filter" : "stop";
  }
}
