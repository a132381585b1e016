import type { Fields } from "../../fields.ts";
import type { Draft } from "../../model/draft.ts";
import { compact, think } from "../../model/index.ts";
import type { Identifiers } from "../identifiers.ts";
import { responseJson, type Turn, type TurnState } from "../response-object.ts";
import type { EncodedEvent } from "./encoded-event.ts";
import { Deltas, EventWriter, type ItemPiece } from "./event-writer.ts";
import { automaticCompaction, itemEvents } from "./item-events.ts";
import { inputTokensOf, usageOf } from "./usage.ts";

/** Why a response is stopped before its end. */
export type StopReason = "steered" | "interrupted";

/** Replaces the emulated model's decisions about an answer. */
export interface Directions {
  readonly drafts?: readonly Draft[] | undefined;
  /** How the response ends. Default: `completed`. */
  readonly ending?: Ending | undefined;
}

export type Ending =
  | { readonly status: "incomplete"; readonly reason: string }
  | {
      readonly status: "failed";
      readonly error: { readonly code: string; readonly message: string; readonly param?: string };
      /** The request is at fault: an `error` event says so before. */
      readonly isRefusal?: boolean;
    };

/** A response that has ended. */
export interface Outcome {
  /** The response, as JSON. */
  readonly json: string;
  readonly output: readonly Fields[];
  /** What the next request continues. */
  readonly conversation: readonly Fields[];
}

/**
 * The events of one response in the service's order. Deterministic except for ids and the clock, and lazy: nothing happens until events are
 * pulled. It ends after `response.completed`, `response.incomplete` or `response.failed`; `outcome` is then set.
 */
export class Generation implements IterableIterator<EncodedEvent> {
  readonly turn: Turn;
  /** Called when the response is stopped. */
  onStop: (() => void) | undefined;
  /** Called with the outcome before the terminal event is returned, unless the response failed. */
  onEnd: ((outcome: Outcome) => void) | undefined;
  readonly #writer: EventWriter;
  readonly #events: Generator<ItemPiece, void>;
  readonly #nowSeconds: () => number;
  readonly #directions: Directions;
  readonly #output: Fields[] = [];
  #conversation: readonly Fields[];
  #deltas: Deltas | undefined;
  #stopReason: StopReason | undefined;
  #outcome: Outcome | undefined;

  constructor(turn: Turn, identifiers: Identifiers, nowSeconds: () => number, directions: Directions = {}) {
    this.turn = turn;
    this.#writer = new EventWriter(turn.request, identifiers);
    this.#nowSeconds = nowSeconds;
    this.#directions = directions;
    this.#conversation = turn.conversation;
    this.#events = this.#write();
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  get isInterrupted(): boolean {
    return this.#stopReason === "interrupted";
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<EncodedEvent, void> {
    const value = this.pull();
    return value ? { value, done: false } : { value, done: true };
  }

  /** The next event; undefined after the last. */
  pull(): EncodedEvent | undefined {
    if (this.#stopReason === "interrupted")
      return this.#outcome ? undefined : this.#end({ status: "incomplete", reason: "interrupted" });
    const delta = this.#deltas?.next();
    if (delta) return delta;
    const { value } = this.#events.next();
    if (!(value instanceof Deltas)) return value ?? undefined;
    this.#deltas = value;
    return this.pull();
  }

  /** Runs to the end for callers that need only the outcome: no event is encoded. */
  finish(): void {
    this.#writer.mute();
    while (this.pull());
  }

  /** `interrupted`: the unfinished item is discarded; `steered`: text ends with its next piece, calls are finished. */
  stop(reason: StopReason): void {
    this.#stopReason ??= reason;
    if (reason === "steered") this.#writer.stop();
    this.onStop?.();
  }

  /** For events about this response that are sent outside of it. */
  nextSequenceNumber(): number {
    return this.#writer.nextSequenceNumber();
  }

  /** The response so far, as JSON. */
  snapshot(status: TurnState["status"]): string {
    return responseJson(this.turn, { status, output: this.#output });
  }

  *#write(): Generator<ItemPiece, void> {
    const { turn } = this;
    const writer = this.#writer;
    const { isBackground } = turn.request;
    const created = isBackground ? "queued" : "in_progress";
    if (!writer.isMute) {
      const begun = this.snapshot(created); // the same in two events
      yield writer.encoded("response.created", "response", begun);
      if (isBackground) yield writer.encoded("response.queued", "response", begun);
      yield writer.encoded("response.in_progress", "response", isBackground ? this.snapshot("in_progress") : begun);
    }
    if (turn.request.generate) yield* this.#items();
    const { ending } = this.#directions;
    if (this.#stopReason === undefined && !writer.isExhausted && ending) {
      if (ending.status === "failed" && ending.isRefusal)
        yield writer.event("error", { error: { type: "invalid_request_error", param: null, ...ending.error } });
      yield this.#end(ending);
    } else if (this.#stopReason === "steered") {
      // If the client has to answer a call first, steering waits, and this response is complete.
      yield this.#end(this.#output.some(isOpenCall) ? undefined : { status: "incomplete", reason: "steered" });
    } else {
      yield this.#end(writer.isExhausted ? { status: "incomplete", reason: "max_output_tokens" } : undefined);
    }
  }

  *#items(): Generator<ItemPiece, void> {
    const { request, conversation } = this.turn;
    if (request.compactThreshold !== undefined && inputTokensOf(this.turn) > request.compactThreshold) {
      const item = yield* automaticCompaction(this.#writer, compact(conversation.slice(0, -1)).encryptedContent);
      this.#output.push(item);
      // Items before a compaction may be dropped; the new question comes after it.
      this.#conversation = [item, ...conversation.slice(-1)];
    }
    for (const draft of this.#directions.drafts ?? think(request.body, conversation)) {
      this.#output.push(yield* itemEvents(this.#writer, draft));
      if (this.#writer.isExhausted || this.#stopReason !== undefined) break;
    }
  }

  #end(ending: Ending | undefined): EncodedEvent {
    const status = ending?.status ?? "completed";
    const json = responseJson(this.turn, {
      status,
      output: this.#output,
      usage: usageOf(this.turn, this.#writer),
      completedAt: this.#nowSeconds(),
      reason: ending?.status === "incomplete" ? ending.reason : undefined,
      error: ending?.status === "failed" ? { code: ending.error.code, message: ending.error.message } : undefined,
    });
    const said = this.#output.filter((item) => !this.#conversation.includes(item));
    this.#outcome = { json, output: this.#output, conversation: [...this.#conversation, ...said] };
    if (status !== "failed") this.onEnd?.(this.#outcome);
    return this.#writer.encoded(`response.${status}`, "response", json);
  }
}

/** True if the client must answer this item before the conversation can continue. */
export function isOpenCall(item: Fields): boolean {
  if (item.async === true) return false;
  return item.type === "function_call" || item.type === "custom_tool_call" || item.type === "mcp_approval_request";
}
