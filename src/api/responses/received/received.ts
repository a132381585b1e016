import { LimitError, ProtocolError } from "../../../client/failure/kinds.ts";
import { withoutUndefined } from "../../../client/options.ts";
import type { OutputReading } from "../../compose/read-output.ts";
import type { RateLimitSnapshot } from "../../rate-limits.ts";
import type { PartialResponse } from "../../refusal/partial.ts";
import type { TokenUsage } from "../../token-usage.ts";
import type { ResponseItem } from "../../wire/items.ts";
import type { OutputItemDoneEvent, ResponseEvent } from "../events/types.ts";
import { type ItemUnderWay, type Piece, ReceivedItems } from "./items.ts";

/** How a response ended. */
export type ResponseStatus = "completed" | "incomplete";

/** What all events of an answer add up to. */
export interface CollectedEvents {
  /** Absent if the service never sent one. */
  readonly responseId?: string | undefined;
  /** `incomplete` only with the option `incomplete: "end"`. */
  readonly status: ResponseStatus;
  /**
   * Every finished item, in the order of the output: append them to the next request's `input`. They are as received, with the texts that
   * they lack and other events have brought.
   */
  readonly items: readonly ResponseItem[];
  /** The answer's text. */
  readonly text: string;
  /** Summaries of the model's reasoning; parts are separated by a blank line. */
  readonly reasoningSummary: string;
  /** The text in which the model refused to answer. */
  readonly refusal?: string | undefined;
  readonly tokenUsage?: TokenUsage | undefined;
  /** The last snapshot of each limit family. */
  readonly rateLimits: readonly RateLimitSnapshot[];
  /** The model that answered, if the service reports it. */
  readonly serverModel?: string | undefined;
  readonly modelsEtag?: string | undefined;
  readonly reasoningIncluded: boolean;
}

/** A whole answer; `parsed`, `problem` and `calls` are its items as the request's schemas read them. */
export type CollectedResponse<
  Parsed = unknown,
  Calls extends readonly unknown[] = readonly unknown[],
> = CollectedEvents & OutputReading<Parsed, Calls>;

/** The part of an answer that has arrived. */
export interface ResponseSnapshot extends PartialResponse {
  /** Items that have begun and are not finished, in the order of the output. */
  readonly itemsUnderWay: readonly ItemUnderWay[];
}

/** What the service reports about a response when it ends. */
export interface ResponseEnd {
  readonly responseId?: string;
  readonly tokenUsage?: TokenUsage;
}

interface ReceivedOptions {
  /** Whether items and texts are kept; without them a response of any length takes no memory. @default `true` */
  readonly keep?: boolean | undefined;
  /** The most that is kept, in characters. @default 64 Mi */
  readonly limit?: number;
  /** Output indexes of items whose beginning came in an earlier stream. @default none */
  readonly begunBefore?: readonly number[] | undefined;
}

/** The most that is kept of one response, in characters of its events. */
const MOST_KEPT = 64 * 1024 * 1024;

/**
 * What the events of one response add up to, over all its streams. It is updated as they arrive, so a failure can report what was received.
 */
export class Received {
  readonly #items: ReceivedItems | undefined;
  readonly #rateLimits = new Map<string, RateLimitSnapshot>();
  readonly #limit: number;
  readonly #begunBefore: readonly number[];
  #firstAt: number | undefined;
  #isTruncated = false;
  #finishedItems = 0;
  #status: ResponseStatus | undefined;
  #end: ResponseEnd = {};
  #serverModel: string | undefined;
  #modelsEtag: string | undefined;
  #reasoningIncluded = false;

  constructor({ keep = true, limit = MOST_KEPT, begunBefore = [] }: ReceivedOptions = {}) {
    this.#begunBefore = begunBefore;
    this.#items = keep ? new ReceivedItems(begunBefore) : undefined;
    this.#limit = limit;
  }

  get keeps(): boolean {
    return this.#items !== undefined;
  }

  /** @param size - Size of the wire event in characters, if known. */
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

  /** Notes what the service reports at the end of the response. Fields missing there were reported at its beginning. */
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

  /** Number of items that the service has finished since the current response began; items that a restart discarded count too. */
  get finishedItems(): number {
    return this.#finishedItems;
  }

  /** When the first event came, on the clock of `performance.now()`. */
  get firstAt(): number | undefined {
    return this.#firstAt;
  }

  /** How the response ended, once it has ended successfully. */
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

  /**
   * @throws {@link ProtocolError} The events ended without a terminal event. {@link LimitError} The response was larger than what is kept.
   */
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
      ...withoutUndefined({
        responseId: this.#end.responseId,
        tokenUsage: this.#end.tokenUsage,
        serverModel: this.#serverModel,
        modelsEtag: this.#modelsEtag,
      }),
      status: this.#status,
      items: this.#items?.finished() ?? [],
      text: this.#items?.text() ?? "",
      reasoningSummary: this.#items?.reasoningSummary() ?? "",
      ...(refusal ? { refusal } : {}),
      rateLimits: [...this.#rateLimits.values()],
      reasoningIncluded: this.#reasoningIncluded,
    };
  }

  /**
   * The same event, about to be noted, with the item as the response has brought it: some gateways finish an item without its texts. What
   * is not kept, and items that began in an earlier stream, are not completed.
   */
  whole(event: OutputItemDoneEvent): OutputItemDoneEvent {
    const { outputIndex } = event;
    if (this.#items === undefined || this.#isTruncated) return event;
    if (outputIndex !== undefined && this.#begunBefore.includes(outputIndex)) return event;
    const item = this.#items.whole(event);
    return item === event.item ? event : { ...event, item };
  }

  /** Like {@link note}, for deltas of one item that arrived together. */
  piece(piece: Piece): void {
    this.#firstAt ??= performance.now();
    if (this.#items === undefined || this.#isTruncated) return;
    this.#items.piece(piece);
    this.#isTruncated = this.#items.size > this.#limit;
  }

  #keep(event: ResponseEvent, size: number | undefined): void {
    if (this.#items === undefined || this.#isTruncated) return;
    this.#items.note(event, size);
    this.#isTruncated = this.#items.size > this.#limit;
  }
}
