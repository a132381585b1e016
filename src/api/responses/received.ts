import { ProtocolError } from "../../client/failure/kinds.ts";
import type { RateLimitSnapshot } from "../rate-limits.ts";
import type { PartialResponse } from "../refusal/partial.ts";
import type { ResponseItem } from "../wire/items.ts";
import type { ResponseEvent, TokenUsage } from "./events.ts";

/** How a response ended. */
export type ResponseStatus = "completed" | "incomplete";

/** A whole answer. */
export interface CollectedResponse {
  readonly responseId: string;
  /** `incomplete` only with the option `incomplete: "end"`. */
  readonly status: ResponseStatus;
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

/** What the service says of a response when it ends it. */
export interface ResponseEnd {
  readonly responseId?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
}

/** What the events of one response, over all its streams, come to. It is fed as they arrive, so that a failure can say what was had. */
export class Received {
  readonly #items: ResponseItem[] = [];
  readonly #rateLimits = new Map<string, RateLimitSnapshot>();
  #text = "";
  #reasoningSummary = "";
  #status: ResponseStatus | undefined;
  #end: ResponseEnd = {};
  #serverModel: string | undefined;
  #modelsEtag: string | undefined;
  #reasoningIncluded = false;
  /** How far text and summary had come with each finished item: what a restart keeps. */
  readonly #marks: { readonly text: number; readonly reasoningSummary: number }[] = [];

  note(event: ResponseEvent): void {
    switch (event.type) {
      case "output_text.delta":
        this.#text += event.delta;
        break;
      case "reasoning_summary_text.delta":
        this.#reasoningSummary += event.delta;
        break;
      case "reasoning_summary_part.added":
        if (this.#reasoningSummary !== "") this.#reasoningSummary += "\n\n";
        break;
      case "output_item.done":
        this.#items.push(event.item);
        this.#marks.push({ text: this.#text.length, reasoningSummary: this.#reasoningSummary.length });
        break;
      case "restarted":
        this.#restart(event.keptItems);
        break;
      case "rate_limits":
        this.#rateLimits.set(event.snapshot.limitId, event.snapshot);
        break;
      case "server_model":
        this.#serverModel = event.model;
        break;
      case "models_etag":
        this.#modelsEtag = event.etag;
        break;
      case "server_reasoning_included":
        this.#reasoningIncluded = true;
        break;
      case "completed":
      case "incomplete":
        this.#status = event.type;
        this.ended(event);
        break;
    }
  }

  /** What a failure of the service says of the response. */
  ended(end: ResponseEnd): void {
    this.#end = end;
  }

  partial(): PartialResponse {
    const { responseId, tokenUsage } = this.#end;
    return {
      text: this.#words(),
      items: [...this.#items],
      ...(responseId === undefined ? {} : { responseId }),
      ...(tokenUsage === undefined ? {} : { tokenUsage }),
    };
  }

  /** @throws {@link ProtocolError} The events ended without the terminal one. */
  collected(): CollectedResponse {
    if (this.#status === undefined) throw new ProtocolError("the events ended without the terminal one");
    return {
      responseId: this.#end.responseId ?? "",
      status: this.#status,
      items: [...this.#items],
      text: this.#words(),
      reasoningSummary: this.#reasoningSummary,
      tokenUsage: this.#end.tokenUsage,
      rateLimits: [...this.#rateLimits.values()],
      serverModel: this.#serverModel,
      modelsEtag: this.#modelsEtag,
      reasoningIncluded: this.#reasoningIncluded,
    };
  }

  /** A server may send whole items without deltas. */
  #words(): string {
    return this.#text === "" ? outputText(this.#items) : this.#text;
  }

  #restart(keptItems: number): void {
    this.#items.length = keptItems;
    this.#marks.length = keptItems;
    const kept = this.#marks.at(-1) ?? { text: 0, reasoningSummary: 0 };
    this.#text = this.#text.slice(0, kept.text);
    this.#reasoningSummary = this.#reasoningSummary.slice(0, kept.reasoningSummary);
  }
}

/** The words of finished items. */
export function outputText(items: readonly ResponseItem[]): string {
  let text = "";
  for (const item of items) {
    if (item.type !== "message" || !Array.isArray(item.content)) continue;
    for (const part of item.content) {
      if (part?.type === "output_text" && typeof part.text === "string") text += part.text;
    }
  }
  return text;
}
