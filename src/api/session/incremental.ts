import type { WholeCause } from "../responses/received/cache-use.ts";
import { encodeItem } from "../wire/item-encoder.ts";
import type { ResponseItem } from "../wire/items.ts";
import { isJsonObject, type JsonObject } from "../wire/json.ts";
import { copyOfJson, isSameJson } from "./json-value.ts";

/** A full request: every field of its body but `input` as it is sent, and the items of its input as the caller gave them. */
export interface FullRequest {
  readonly fields: JsonObject;
  readonly items: readonly ResponseItem[];
}

/** How a request goes out: with the id of the response that it goes on from and what is new, or with everything. */
export interface IncrementalPlan {
  readonly previousResponseId: string | undefined;
  readonly items: readonly ResponseItem[];
  /** Why it goes out with everything, where it does. */
  readonly whole?: WholeCause | undefined;
}

/** With everything. */
export function wholePlan({ items }: FullRequest, whole: WholeCause): IncrementalPlan {
  return { previousResponseId: undefined, items, whole };
}

/**
 * Fields that may differ: they say how a request is sent or what it is called, not what the conversation is. They go out with every request, increments
 * included.
 */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  "input",
  "generate",
  "client_metadata",
  "metadata",
  "stream_options",
]);

/** The first field in which two requests differ, but for those that may. */
export function changedField(left: JsonObject, right: JsonObject): string | undefined {
  for (const name of new Set([...Object.keys(right), ...Object.keys(left)])) {
    if (NOT_COMPARED.has(name) || isSameJson(left[name], right[name])) continue;
    if (name === "prompt_cache_options" && isSameJson(steady(left[name]), steady(right[name]))) continue;
    return name;
  }
  return undefined;
}

/** What the cache is compared with is another response every time. */
function steady(options: unknown): unknown {
  return isJsonObject(options) ? { ...options, comparison_response_id: undefined } : options;
}

/**
 * Are two items the same to the service and to the reference? Either field by field, or as the reference's types see them: equal as they
 * are written and in their ids, whatever else the service or the caller noted on them. A reference to an item stands for it, and a call needs no id
 * (parity: `session/known-by-call-id`).
 *
 * @param right - Of the later request.
 */
export function isSameItem(left: ResponseItem, right: ResponseItem): boolean {
  if (isSameJson(left, right)) return true;
  if (right.type === "item_reference") return idOf(right) !== "" && idOf(left) === idOf(right);
  return hasSameId(left, right) && isSameJson(encodeItem(left), encodeItem(right));
}

/** A call is known by its `call_id` where its id was lost. */
function hasSameId(left: ResponseItem, right: ResponseItem): boolean {
  if (idOf(left) === idOf(right)) return true;
  return idOf(right) === "" && "call_id" in left && "call_id" in right && left.call_id === right.call_id;
}

function idOf(item: ResponseItem): unknown {
  return "id" in item ? (item.id ?? "") : "";
}

interface LastResponse {
  readonly id: string;
  readonly items: readonly ResponseItem[];
}

/** Where conversations part: a response that others than its own lane go on from. Where nothing is stored, the service forgets it with the lane's next one. */
class Fork {
  readonly #beginning = new Set<Promise<void>>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The response is forgotten. */
  end(): void {
    this.#isOver = true;
  }

  /** A branch is on its way, and needs the response until then. */
  needed(begun: Promise<void>): void {
    this.#beginning.add(begun);
    const done = (): void => void this.#beginning.delete(begun);
    begun.then(done, done);
  }

  /** Resolves when no branch on its way needs it any more. */
  async unneeded(): Promise<void> {
    await Promise.allSettled(this.#beginning);
  }
}

/**
 * What one WebSocket connection knows of the conversation, and the rule by which a request leaves it out.
 *
 * With P the last full request, L the last response and N the new request, N goes out as what follows P's input and L's items when: L was
 * completed, has an id, and no request has been sent since; P and N have the same fields but for those that are not compared; and N's input begins with P's input and L's items, ids included. The rest may be empty. In every case N becomes P.
 *
 * Requests and responses are copied, because callers change their history in place; equal texts are shared with the originals.
 *
 * @see The reference's incremental requests; a caller who sets `previous_response_id` himself gets what he asked for.
 */
export class ConnectionHistory {
  #fields: JsonObject | undefined;
  #items: ResponseItem[] = [];
  #last: LastResponse | undefined;
  /** Of the last response, once others go on from it. */
  #fork: Fork | undefined;
  /** Of a branch that has not been sent. */
  #origin: Fork | undefined;

  /** Whether no request has been sent since the connection was opened. */
  get isFresh(): boolean {
    return this.#fields === undefined;
  }

  /** How `next` would go out now; changes nothing. */
  plan(next: FullRequest): IncrementalPlan {
    const last = this.#last;
    const whole = this.#whyWhole(next);
    if (whole || !last) return wholePlan(next, whole ?? { reason: "no_last_response" });
    return { previousResponseId: last.id, items: next.items.slice(this.#items.length + last.items.length) };
  }

  /** Does `plan`, made earlier, still hold? The response that a branch goes on from may be forgotten by now. */
  holds({ previousResponseId }: IncrementalPlan): boolean {
    return previousResponseId === undefined || !this.#origin?.isOver;
  }

  /** Another history that begins as this one: its first request goes on from the same response. */
  fork(): ConnectionHistory {
    const branch = new ConnectionHistory();
    branch.#fields = this.#fields;
    branch.#items = [...this.#items];
    branch.#last = this.#last;
    this.#fork ??= new Fork();
    branch.#origin = this.#fork;
    return branch;
  }

  /** Resolves when the service may forget the last response: no branch on its way goes on from it. */
  async unneeded(): Promise<void> {
    await this.#fork?.unneeded();
  }

  /** Of a branch's first request, which needs the response that it goes on from until `begun`. */
  neededUntil(begun: Promise<void>): void {
    this.#origin?.needed(begun);
    this.#origin = undefined;
  }

  /** Records that `next` is being sent by `plan`. The last response is used up by it, used or not. */
  sent(next: FullRequest, plan: IncrementalPlan): void {
    if (next.fields.store !== true) this.#fork?.end();
    this.#fork = undefined;
    if (plan.previousResponseId !== undefined && this.#last) {
      // What was found equal need not be copied again: a turn costs what is new in it.
      this.#items.push(...this.#last.items, ...copyOfJson(plan.items));
    } else {
      this.#fields = copyOfJson(next.fields);
      this.#items = [...copyOfJson(next.items)];
    }
    this.#last = undefined;
  }

  /** Records the response to the request sent last: `items` are those of `output_item.done`, in order. */
  completed(id: string, items: readonly ResponseItem[]): void {
    try {
      this.#last = { id, items: copyOfJson(items) };
    } catch {
      this.#last = undefined; // nested deeper than the stack goes: it cannot be sent back either
    }
  }

  /** Records that another response goes on from the one to the request sent last, with `input`. */
  steered(id: string, items: readonly ResponseItem[], input: readonly ResponseItem[]): void {
    this.completed(id, items);
    if (this.#last) this.#items.push(...this.#last.items, ...copyOfJson(input));
    else this.#fields = undefined; // nothing can be compared with it any more
    this.#last = undefined;
  }

  /** Undefined where only what is new need go out. */
  #whyWhole(next: FullRequest): WholeCause | undefined {
    const last = this.#last;
    if ((next.fields.previous_response_id ?? undefined) !== undefined) return { reason: "own_previous_response_id" };
    if (this.#origin?.isOver) return { reason: "source_went_on" };
    if (!last?.id || !this.#fields) return { reason: "no_last_response" };
    const field = changedField(this.#fields, next.fields);
    if (field !== undefined) return { reason: "field_changed", field };
    const item = this.#differsFrom(last, next.items);
    return item === undefined ? undefined : { reason: "history_changed", item };
  }

  /** The first item that is not as it was sent and answered. */
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

/** The history of a connection that has one: a new connection's is that of none. */
export function knownHistory(history: ConnectionHistory | undefined): ConnectionHistory | undefined {
  return history?.isFresh ? undefined : history;
}
