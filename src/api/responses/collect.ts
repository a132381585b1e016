import { StreamError } from "../../client/errors.ts";
import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { ResponseEvent, TokenUsage } from "./events.ts";

/** A whole answer. */
export interface CollectedResponse {
  readonly responseId: string;
  /** Every finished item, in order, as received: append them to the next request's `input`. */
  readonly items: readonly ResponseItem[];
  /** The model's words: all text deltas joined. */
  readonly text: string;
  /** Summaries of the model's reasoning; parts are separated by a blank line. */
  readonly reasoningSummary: string;
  readonly tokenUsage?: TokenUsage | undefined;
  /** The last snapshot of each limit family. */
  readonly rateLimits: readonly RateLimitSnapshot[];
  /** The model that answered, where the service says. */
  readonly serverModel?: string | undefined;
  readonly modelsEtag?: string | undefined;
  readonly reasoningIncluded: boolean;
}

export async function collectResponse(events: AsyncIterable<ResponseEvent>): Promise<CollectedResponse> {
  const items: ResponseItem[] = [];
  const rateLimits = new Map<string, RateLimitSnapshot>();
  let text = "";
  let reasoningSummary = "";
  let responseId: string | undefined;
  let tokenUsage: TokenUsage | undefined;
  let serverModel: string | undefined;
  let modelsEtag: string | undefined;
  let reasoningIncluded = false;
  /** How far text and summary had come with each finished item: what a restart keeps. */
  const marks: { readonly text: number; readonly reasoningSummary: number }[] = [];
  for await (const event of events) {
    switch (event.type) {
      case "output_text.delta":
        text += event.delta;
        break;
      case "reasoning_summary_text.delta":
        reasoningSummary += event.delta;
        break;
      case "reasoning_summary_part.added":
        if (reasoningSummary !== "") reasoningSummary += "\n\n";
        break;
      case "output_item.done":
        items.push(event.item);
        marks.push({ text: text.length, reasoningSummary: reasoningSummary.length });
        break;
      case "restarted":
        items.length = event.keptItems;
        marks.length = event.keptItems;
        text = text.slice(0, marks.at(-1)?.text ?? 0);
        reasoningSummary = reasoningSummary.slice(0, marks.at(-1)?.reasoningSummary ?? 0);
        break;
      case "rate_limits":
        rateLimits.set(event.snapshot.limitId, event.snapshot);
        break;
      case "server_model":
        serverModel = event.model;
        break;
      case "models_etag":
        modelsEtag = event.etag;
        break;
      case "server_reasoning_included":
        reasoningIncluded = true;
        break;
      case "completed":
        responseId = event.responseId;
        tokenUsage = event.tokenUsage;
        break;
    }
  }
  if (responseId === undefined) throw new StreamError("the events ended without the terminal one");
  return {
    responseId,
    items,
    // A server may send whole items without deltas.
    text: text === "" ? outputText(items) : text,
    reasoningSummary,
    tokenUsage,
    rateLimits: [...rateLimits.values()],
    serverModel,
    modelsEtag,
    reasoningIncluded,
  };
}

function outputText(items: readonly ResponseItem[]): string {
  let text = "";
  for (const item of items) {
    if (item.type !== "message" || !Array.isArray(item.content)) continue;
    for (const part of item.content) {
      if (part?.type === "output_text" && typeof part.text === "string") text += part.text;
    }
  }
  return text;
}
