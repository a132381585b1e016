import type {
  CompletedEvent,
  IncompleteEvent,
  JsonObject,
  ResponseEvent,
  ResponseItem,
  TokenUsage,
} from "../../index.ts";
import { brokenAnswer } from "../broken-answer.ts";

/**
 * The events of one answer as the service would have sent them, were it one response: after a restart the items that stand are followed by those of the new
 * response, and the last event has them all.
 */
export class WireEvents {
  readonly #mayBeginAnew: boolean;
  readonly #items: ResponseItem[] = [];
  #current: { readonly item: ResponseItem; hasText: boolean } | undefined;

  /** @param options - `mayBeginAnew`: nobody has seen what came before a restart. */
  constructor({ mayBeginAnew }: { readonly mayBeginAnew: boolean }) {
    this.#mayBeginAnew = mayBeginAnew;
  }

  /** @throws {@link StreamError} The answer begins anew after something was delivered that no longer stands. */
  of(event: ResponseEvent): JsonObject[] {
    const place = { output_index: this.#items.length, ...(this.#current ? { item_id: idOf(this.#current.item) } : {}) };
    switch (event.type) {
      case "created":
        return this.#items.length > 0
          ? []
          : [{ type: "response.created", response: { status: "in_progress", output: [] } }];
      case "output_item.added":
        this.#current = { item: event.item, hasText: false };
        return [{ type: "response.output_item.added", output_index: place.output_index, item: event.item }];
      case "output_item.done":
        this.#items.push(event.item);
        this.#current = undefined;
        return [{ type: "response.output_item.done", output_index: place.output_index, item: event.item }];
      case "output_text.delta":
        if (this.#current) this.#current.hasText = true;
        return [{ type: "response.output_text.delta", ...place, content_index: 0, delta: event.delta }];
      case "reasoning_summary_text.delta":
        return [
          {
            type: "response.reasoning_summary_text.delta",
            ...place,
            summary_index: event.summaryIndex,
            delta: event.delta,
          },
        ];
      case "reasoning_text.delta":
        return [
          { type: "response.reasoning_text.delta", ...place, content_index: event.contentIndex, delta: event.delta },
        ];
      case "reasoning_summary_part.added":
        return [{ type: "response.reasoning_summary_part.added", ...place, summary_index: event.summaryIndex }];
      case "tool_call_input.delta":
        return [{ type: "response.custom_tool_call_input.delta", ...place, delta: event.delta }];
      case "wire":
        return [event.event];
      case "restarted":
        if (!this.#mayBeginAnew && (event.keptItems < this.#items.length || this.#current?.hasText))
          throw brokenAnswer(event);
        this.#items.length = event.keptItems;
        this.#current = undefined;
        return [];
      case "completed":
      case "incomplete":
        return [{ type: `response.${event.type}`, response: this.#response(event) }];
      default:
        return [];
    }
  }

  #response(event: CompletedEvent | IncompleteEvent): JsonObject {
    return {
      ...{ id: event.responseId ?? "", object: "response", status: event.type, output: [...this.#items] },
      ...(event.type === "incomplete" ? { incomplete_details: { reason: event.reason } } : {}),
      ...(event.tokenUsage ? { usage: usageOf(event.tokenUsage) } : {}),
    };
  }
}

function usageOf({
  inputTokens,
  cachedInputTokens,
  outputTokens,
  reasoningOutputTokens,
  totalTokens,
}: TokenUsage): JsonObject {
  return {
    ...{ input_tokens: inputTokens, input_tokens_details: { cached_tokens: cachedInputTokens } },
    ...{ output_tokens: outputTokens, output_tokens_details: { reasoning_tokens: reasoningOutputTokens } },
    total_tokens: totalTokens,
  };
}

function idOf(item: ResponseItem): string | undefined {
  return "id" in item && typeof item.id === "string" ? item.id : undefined;
}
