import { LimitError, ProtocolError } from "../../../client/failure/kinds.ts";
import type { OutputReading } from "../../compose/read-output.ts";
import type { RateLimitSnapshot } from "../../rate-limits.ts";
import type { PartialResponse } from "../../refusal/partial.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { ResponseEvent, TokenUsage } from "../events/types.ts";
import { type ItemUnderWay, ReceivedItems } from "./items.ts";

/** How a response ended. */
export type ResponseStatus = "completed" | "incomplete";

/** What the events of a whole answer come to. */
export interface CollectedEvents {
  /** Absent where the service never told one. */
  readonly responseId?: string | undefined;
  /** `incomplete` only with the option `incomplete: "end"`. */
  readonly status: ResponseStatus;
  /** Every finished item, in the order of the output, as received: append them to the next request's `input`. */
  readonly items: readonly ResponseItem[];
  /** The model's words. */
  readonly text: string;
  /** Summaries of the model's reasoning; parts are separated by a blank line. */
  readonly reasoningSummary: string;
  /** The model's words where it refused to answer. */
  readonly refusal?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
  /** The last snapshot of each limit family. */
  readonly rateLimits: readonly RateLimitSnapshot[];
  /** The model that answered, where the service says. */
  readonly serverModel?: string | undefined;
  readonly modelsEtag?: string | undefined;
  readonly reasoningIncluded: boolean;
}

/** A whole answer; `parsed`, `problem` and `calls` are its items as the request's schemas read them. */
export interface CollectedResponse<Parsed = unknown, Calls extends readonly unknown[] = readonly unknown[]>
  extends CollectedEvents,
    OutputReading<Parsed, Calls> {}

/** What of an answer is there while it comes. */
export interface ResponseSnapshot extends PartialResponse {
  /** Items that have begun and are not finished, in the order of the output. */
  readonly itemsUnderWay: readonly ItemUnderWay[];
}

/** What the service says of a response when it ends it. */
export interface ResponseEnd {
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
}

/** The most that is kept of one response, in characters of its events. */
const MOST_KEPT = 64 * 1024 * 1024;

/** What the events of one response, over all its streams, come to. It is fed as they arrive, so that a failure can say what was had. */
export class Received {
  readonly #items: ReceivedItems | undefined;
  readonly #rateLimits = new Map<string, RateLimitSnapshot>();
  readonly #limit: number;
  #firstAt: number | undefined;
  #isTruncated = false;
  #finishedItems = 0;
  #status: ResponseStatus | undefined;
  #end: ResponseEnd = {};
  #serverModel: string | undefined;
  #modelsEtag: string | undefined;
  #reasoningIncluded = false;

  /**
   * @param options - `keep`: items and texts; without them a response of any length takes no memory. Default true. `limit`: the most that is kept,
   *   in characters.
   */
  constructor({
    keep = true,
    limit = MOST_KEPT,
  }: { readonly keep?: boolean | undefined; readonly limit?: number } = {}) {
    this.#items = keep ? new ReceivedItems() : undefined;
    this.#limit = limit;
  }

  get keeps(): boolean {
    return this.#items !== undefined;
  }

  /** @param size - Of the wire event, in characters, where it is known. */
  note(event: ResponseEvent, size?: number): void {
    this.#firstAt ??= performance.now();
    switch (event.type) {
      case "created":
        if (event.responseId !== undefined) this.#end = { ...this.#end, responseId: event.responseId };
        break;
      case "restarted":
        this.#items?.restart(event.keptItems);
        this.#end = {};
        break;
      case "steered":
        this.#items?.steered(event.input);
        this.#finishedItems = 0;
        this.#end = {};
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
      case "output_item.done":
        this.#finishedItems += 1;
        this.#keep(event, size);
        break;
      default:
        this.#keep(event, size);
    }
  }

  /** What the service says of the response at its end; what it leaves out, the beginning has told. */
  ended({ responseId, tokenUsage }: ResponseEnd): void {
    this.#end = {
      ...this.#end,
      ...(responseId === undefined ? {} : { responseId }),
      ...(tokenUsage === undefined ? {} : { tokenUsage }),
    };
  }

  get responseId(): string | undefined {
    return this.#end.responseId;
  }

  /** Items that the service has finished since the response, or the one that goes on in its place, began; those that a restart made void count too. */
  get finishedItems(): number {
    return this.#finishedItems;
  }

  /** When the first event came, on the clock of `performance.now()`. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** How it ended, once it has ended well. */
  get status(): ResponseStatus | undefined {
    return this.#status;
  }

  partial(): PartialResponse {
    const { responseId, tokenUsage } = this.#end;
    return {
      text: this.#items?.text() ?? "",
      items: this.#items?.finished() ?? [],
      ...(responseId === undefined ? {} : { responseId }),
      ...(tokenUsage === undefined ? {} : { tokenUsage }),
      ...(this.#isTruncated ? { truncated: true } : {}),
    };
  }

  snapshot(): ResponseSnapshot {
    return { ...this.partial(), itemsUnderWay: this.#items?.underWay() ?? [] };
  }

  /** @throws {@link ProtocolError} The events ended without the terminal one. {@link LimitError} There was more of it than is kept. */
  collected(): CollectedEvents {
    if (this.#status === undefined) throw new ProtocolError("the events ended without the terminal one");
    if (this.#isTruncated) {
      const limit = this.#limit;
      throw new LimitError(
        `the response is larger than ${limit} characters, the most that is kept of one; read its events instead, with keep: false`,
        { what: "response", limit, unit: "characters" },
      );
    }
    const refusal = this.#items?.refusal();
    return {
      responseId: this.#end.responseId,
      status: this.#status,
      items: this.#items?.finished() ?? [],
      text: this.#items?.text() ?? "",
      reasoningSummary: this.#items?.reasoningSummary() ?? "",
      ...(refusal ? { refusal } : {}),
      tokenUsage: this.#end.tokenUsage,
      rateLimits: [...this.#rateLimits.values()],
      serverModel: this.#serverModel,
      modelsEtag: this.#modelsEtag,
      reasoningIncluded: this.#reasoningIncluded,
    };
  }

  #keep(event: ResponseEvent, size: number | undefined): void {
    if (this.#items === undefined || this.#isTruncated) return;
    this.#items.note(event, size);
    this.#isTruncated = this.#items.size > this.#limit;
  }
}
