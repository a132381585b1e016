import type { WholeCause } from "../../responses/received/cache-use.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { fromCaller, type JsonObject } from "../../wire/json.ts";
import { changedField, isSameItem } from "./comparison.ts";
import { copyOfJson } from "./json-value.ts";

/** A full request: all fields of the body except `input`, as sent, and the input items as the caller gave them. */
export interface FullRequest {
  readonly fields: JsonObject;
  readonly items: readonly ResponseItem[];
}

/** How a request is sent: as the id of the previous response and the new items, or whole. */
export interface IncrementalPlan {
  readonly previousResponseId: string | undefined;
  readonly items: readonly ResponseItem[];
  /** Why the request is sent whole; undefined if it is not. */
  readonly whole?: WholeCause | undefined;
}

/** Sends everything. */
export function wholePlan({ items }: FullRequest, whole: WholeCause): IncrementalPlan {
  return { previousResponseId: undefined, items, whole };
}

interface LastResponse {
  readonly id: string;
  readonly items: readonly ResponseItem[];
}

/**
 * The point where conversations branch: a response that several lanes continue from. Where responses are not stored, the service forgets
 * this one with its lane's next request.
 */
class Fork {
  readonly #beginning = new Set<Promise<void>>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The service has forgotten the response; or has not after all, with false. */
  end(isOver = true): void {
    this.#isOver = isOver;
  }

  /** A branch has been sent and needs the response until `begun` settles. */
  needed(begun: Promise<void>): void {
    this.#beginning.add(begun);
    const done = (): void => void this.#beginning.delete(begun);
    begun.then(done, done);
  }

  /** Settles when the branches that have been sent no longer need the response; undefined if none does. */
  get need(): Promise<unknown> | undefined {
    return this.#beginning.size === 0 ? undefined : Promise.allSettled(this.#beginning);
  }
}

/**
 * What one WebSocket connection knows of the conversation, and the rule for leaving that out of a request.
 *
 * Let P be the last full request, L the last response and N the new request. N is sent as the items that follow P's input and L's items if
 * all of this holds: L completed, has an id, and no request was sent since; P and N have the same fields, apart from those that are not
 * compared; N's input begins with P's input followed by L's items, ids included. There may be no new items. In every case N becomes P.
 *
 * Requests and responses are copied, because callers change their history in place; equal strings are shared with the originals.
 *
 * @see The Rust client's incremental requests. If the caller sets `previous_response_id`, it is sent as given.
 */
export class ConnectionHistory {
  #fields: JsonObject | undefined;
  #items: ResponseItem[] = [];
  #last: LastResponse | undefined;
  /** The branching point at the last response, once other lanes continue from it. */
  #fork: Fork | undefined;
  /** The branching point that this history starts from, until its first request is sent. */
  #origin: Fork | undefined;

  /** True if no request has been sent on this connection. */
  get isFresh(): boolean {
    return this.#fields === undefined;
  }

  /** How `next` would be sent now. Changes nothing. */
  plan(next: FullRequest): IncrementalPlan {
    const last = fromCaller(() => this.#continuedBy(next));
    if ("reason" in last) return wholePlan(next, last);
    return { previousResponseId: last.id, items: next.items.slice(this.#items.length + last.items.length) };
  }

  /** True if a plan made earlier is still valid. The response that a branch continues from may be forgotten by now. */
  holds({ previousResponseId }: IncrementalPlan): boolean {
    return previousResponseId === undefined || !this.#origin?.isOver;
  }

  /** A history for another lane: its first request continues from the same response. */
  fork(): ConnectionHistory {
    const branch = new ConnectionHistory();
    branch.#fields = this.#fields;
    branch.#items = [...this.#items];
    branch.#last = this.#last;
    if (!this.#origin) this.#fork ??= new Fork();
    branch.#origin = this.#origin ?? this.#fork; // until its first request, a branch is where its source was
    return branch;
  }

  /**
   * Settles when branches that have been sent no longer need the last response, which the service may forget then. Ask again after that:
   * others may have been sent meanwhile. Undefined if none needs it.
   */
  get need(): Promise<unknown> | undefined {
    return this.#fork?.need;
  }

  /** Keeps the response that this branch continues from until its first request has begun. */
  neededUntil(begun: Promise<void>): void {
    this.#origin?.needed(begun);
    this.#origin = undefined;
  }

  /**
   * Records that `next` is being sent as `plan` says. The last response cannot be continued from again.
   *
   * @returns Undoes this, for a request that was not sent after all. To be called before anything else is recorded.
   */
  sent(next: FullRequest, plan: IncrementalPlan): () => void {
    const known = this.#items.length;
    const [fields, items, last, fork, origin] = [this.#fields, this.#items, this.#last, this.#fork, this.#origin];
    if (next.fields.store !== true) fork?.end();
    this.#fork = undefined;
    if (plan.previousResponseId !== undefined && this.#last) {
      // Equal parts need not be copied again, so a turn costs only what is new in it.
      this.#items.push(...this.#last.items, ...copyOfJson(plan.items));
    } else {
      this.#fields = copyOfJson(next.fields);
      this.#items = [...copyOfJson(next.items)];
    }
    this.#last = undefined;
    return () => {
      fork?.end(false);
      this.#fork = fork;
      this.#origin = origin;
      this.#fields = fields;
      this.#items = items;
      this.#items.length = known;
      this.#last = last;
    };
  }

  /** Records the response to the last request. `items` are those of `output_item.done`, in order. */
  completed(id: string, items: readonly ResponseItem[]): void {
    try {
      this.#last = { id, items: copyOfJson(items) };
    } catch {
      this.#last = undefined; // nested too deep to be sent back
    }
  }

  /** Records that another response, to `input`, continues from the response to the last request. */
  steered(id: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void {
    this.completed(id, items);
    if (this.#last) this.#items.push(...this.#last.items, ...copyOfJson(input));
    else this.#fields = undefined; // nothing can be compared with it any more
    this.#last = undefined;
  }

  /** The response that `next` continues from, or why there is none. */
  #continuedBy(next: FullRequest): LastResponse | WholeCause {
    const last = this.#last;
    if ((next.fields.previous_response_id ?? undefined) !== undefined) return { reason: "own_previous_response_id" };
    if (this.#origin?.isOver) return { reason: "source_went_on" };
    if (!last?.id || !this.#fields) return { reason: "no_last_response" };
    const field = changedField(this.#fields, next.fields);
    if (field !== undefined) return { reason: "field_changed", field };
    const item = this.#differsFrom(last, next.items);
    return item === undefined ? last : { reason: "history_changed", item };
  }

  /** Index of the first item that differs from what was sent and answered. */
  #differsFrom(last: LastResponse, next: readonly ResponseItem[]): number | undefined {
    const known = this.#items.length;
    const differs = (items: readonly ResponseItem[], from: number): number | undefined => {
      const at = items.findIndex((item, index) => {
        const candidate = next[from + index];
        return candidate === undefined || !isSameItem(item, candidate);
      });
      return at === -1 ? undefined : from + at;
    };
    return differs(this.#items, 0) ?? differs(last.items, known);
  }
}

/** The connection's history, or undefined if it is new and therefore empty. */
export function knownHistory(history: ConnectionHistory | undefined): ConnectionHistory | undefined {
  return history?.isFresh ? undefined : history;
}
