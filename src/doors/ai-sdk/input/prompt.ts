import type { LanguageModelV4Message, LanguageModelV4Prompt, SharedV4Warning } from "@ai-sdk/provider";
import type { ContentItem, JsonObject, ResponseItem } from "../../../index.ts";
import { PROVIDER } from "../carried.ts";
import type { CallTools } from "../tools/of-call.ts";
import { AnswerItems } from "./answer-items.ts";
import type { CallTypes, PromptContext } from "./context.ts";
import { inputOfFile } from "./files.ts";
import { cacheBreakpoint, hasPlace, placedItems } from "./openai-placement.ts";
import { outputItem } from "./tool-output.ts";

export interface PromptInput {
  readonly instructions: string | undefined;
  readonly input: readonly ResponseItem[];
}

/**
 * The SDK's prompt as a request's instructions and items. The first system messages become the instructions, later ones and those with
 * options for their place become developer messages.
 */
export function inputOfPrompt(
  prompt: LanguageModelV4Prompt,
  tools: CallTools,
  warnings: SharedV4Warning[],
): PromptInput {
  const opening = prompt.findIndex(({ role, providerOptions }) => role !== "system" || hasPlace(providerOptions));
  const system = prompt.slice(0, opening === -1 ? prompt.length : opening);
  const input: ResponseItem[] = [];
  const calls: CallTypes = new Map();
  for (const message of prompt.slice(system.length)) input.push(...itemsOf(message, { tools, warnings, calls }));
  const instructions = system.map(({ content }) => content).join("\n\n");
  return { instructions: system.length > 0 ? instructions : undefined, input };
}

function itemsOf(message: LanguageModelV4Message, context: PromptContext): readonly ResponseItem[] {
  switch (message.role) {
    case "system": {
      const text = { type: "input_text", text: message.content, ...cacheBreakpoint(message.providerOptions) } as const;
      const placed = placedItems(message.providerOptions);
      if (message.content === "" && placed.length > 0) return placed;
      return [{ type: "message", role: "developer", content: [text] }, ...placed];
    }
    case "user":
      return [{ type: "message", role: "user", content: userContent(message.content, context.warnings) }];
    case "assistant": {
      const answer = new AnswerItems(context);
      for (const part of message.content) answer.add(part);
      return answer.items;
    }
    case "tool":
      return message.content.flatMap((part) => {
        if (part.type === "tool-result") return [...outputItem(part, context), ...placedItems(part.providerOptions)];
        const reason = part.reason === undefined ? {} : { reason: part.reason };
        // The SDK also answers its own approvals; the service never asked for those.
        return context.calls.has(part.approvalId)
          ? [
              {
                type: "mcp_approval_response",
                approval_request_id: part.approvalId,
                approve: part.approved,
                ...reason,
              } as const,
            ]
          : [];
      });
  }
}

type UserContent = Extract<LanguageModelV4Message, { role: "user" }>["content"];

function userContent(parts: UserContent, warnings: SharedV4Warning[]): ContentItem[] {
  return parts.flatMap((part): ContentItem[] => {
    if (part.type === "text") {
      const { text, providerOptions } = part;
      return [
        {
          type: "input_text",
          text,
          ...cacheBreakpoint(providerOptions),
          ...(providerOptions?.[PROVIDER] as JsonObject),
        },
      ];
    }
    const file = inputOfFile(part);
    if (!file)
      warnings.push({
        type: "other",
        message: `a file of type ${part.mediaType} names a file of another provider; it was not sent`,
      });
    return file ? [file] : [];
  });
}
