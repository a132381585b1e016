import {
  type CompletedEvent,
  END_UNCONFIRMED,
  type IncompleteEvent,
  type JsonObject,
  type ResponseEvent,
  type ResponseItem,
  type TokenUsage,
} from "../../index.ts";
import { brokenAnswer } from "../broken-answer.ts";

/** Which item a delta belongs to, as far as the service says. */
interface Placed {
  readonly itemId?: string;
  readonly outputIndex?: number;
}

/**
 * The events of one answer, as if it were one response of the service: after a restart, the valid items are followed by those of the new
 * response, and the last event contains all of them.
 */
export class WireEvents {
  readonly #mayBeginAnew: boolean;
  readonly #items: ResponseItem[] = [];
  /** Number of valid items of earlier streams; the indexes of the new one start there. */
  #kept = 0;
  /** What the service says of the response when it begins. */
  #begun: JsonObject = {};
  #current: { readonly item: ResponseItem; hasText: boolean } | undefined;

  /** @param options - `mayBeginAnew`: nothing was shown before a restart. */
  constructor({ mayBeginAnew }: { readonly mayBeginAnew: boolean }) {
    this.#mayBeginAnew = mayBeginAnew;
  }

  /** @throws {@link StreamError} The answer starts again after something was delivered that is no longer valid. */
  of(event: ResponseEvent): JsonObject[] {
    switch (event.type) {
      case "created": {
        this.#begun = {
          ...(event.responseId === undefined ? {} : { id: event.responseId }),
          ...(event.model === undefined ? {} : { model: event.model }),
        };
        const response = { ...this.#begun, object: "response", status: "in_progress", output: [] };
        return this.#kept > 0 ? [] : [{ type: "response.created", response }];
      }
      case "output_item.added":
        this.#current = { item: event.item, hasText: false };
        return [{ type: "response.output_item.added", output_index: this.#index(event), item: event.item }];
      case "output_item.done": {
        const output_index = this.#index(event);
        this.#items.push(event.item);
        this.#current = undefined;
        return [{ type: "response.output_item.done", output_index, item: event.item }];
      }
      case "output_text.delta":
      case "refusal.delta":
        if (this.#current) this.#current.hasText = true;
        return [this.#delta(event, { content_index: event.contentIndex ?? 0 })];
      case "reasoning_text.delta":
        return [this.#delta(event, { content_index: event.contentIndex ?? 0 })];
      case "reasoning_summary_text.delta":
        return [this.#delta(event, { summary_index: event.summaryIndex ?? 0 })];
      case "reasoning_summary_part.added":
        return [{ type: `response.${event.type}`, ...this.#place(event), summary_index: event.summaryIndex ?? 0 }];
      case "reasoning_summary_text.done":
        return [
          {
            type: `response.${event.type}`,
            ...this.#place(event),
            summary_index: event.summaryIndex ?? 0,
            text: event.text,
          },
        ];
      case "function_call_arguments.delta":
      case "custom_tool_call_input.delta":
        return [this.#delta(event)];
      case "output_text.annotation.added":
        return [
          {
            type: `response.${event.type}`,
            ...this.#place(event),
            annotation: event.annotation,
            content_index: event.contentIndex ?? 0,
            annotation_index: event.annotationIndex ?? 0,
          },
        ];
      case "wire":
        return [this.#shifted(event.event)];
      case "restarted":
        if (!this.#mayBeginAnew && (event.keptItems < this.#items.length || this.#current?.hasText))
          throw brokenAnswer(event);
        this.#items.length = event.keptItems;
        this.#kept = event.keptItems;
        this.#current = undefined;
        return [];
      case "completed":
      case "incomplete": {
        const response = this.#response(event);
        return [{ type: `response.${response.status}`, response }];
      }
      default:
        return [];
    }
  }

  #delta(event: Placed & { readonly type: string; readonly delta: string }, place: JsonObject = {}): JsonObject {
    return { type: `response.${event.type}`, ...this.#place(event), ...place, delta: event.delta };
  }

  #place(event: Placed): JsonObject {
    const itemId = event.itemId ?? (this.#current ? idOf(this.#current.item) : undefined);
    return { output_index: this.#index(event), ...(itemId === undefined ? {} : { item_id: itemId }) };
  }

  #index({ outputIndex }: Placed): number {
    return outputIndex === undefined ? this.#items.length : this.#kept + outputIndex;
  }

  #shifted(event: JsonObject): JsonObject {
    return this.#kept > 0 && typeof event.output_index === "number"
      ? { ...event, output_index: this.#kept + event.output_index }
      : event;
  }

  /** Without a confirmed end it is completed nevertheless: from an incomplete response the framework would take nothing. */
  #response(event: CompletedEvent | IncompleteEvent): JsonObject & { readonly status: string } {
    const isIncomplete = event.type === "incomplete" && event.reason !== END_UNCONFIRMED;
    return {
      ...this.#begun,
      id: event.responseId ?? this.#begun.id ?? "",
      object: "response",
      status: isIncomplete ? "incomplete" : "completed",
      output: [...this.#items],
      ...(isIncomplete ? { incomplete_details: { reason: event.reason } } : {}),
      ...(event.tokenUsage ? { usage: usageOf(event.tokenUsage) } : {}),
    };
  }
}

function usageOf({
  inputTokens,
  cachedInputTokens,
  cacheWriteInputTokens,
  outputTokens,
  reasoningOutputTokens,
  totalTokens,
}: TokenUsage): JsonObject {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningOutputTokens },
    total_tokens: totalTokens,
  };
}

function idOf(item: ResponseItem): string | undefined {
  return "id" in item && typeof item.id === "string" ? item.id : undefined;
}
