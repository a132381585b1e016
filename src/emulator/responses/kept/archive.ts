import { BoundedMap } from "../../bounded-map.ts";
import { type Fields, isFields, stringIn } from "../../fields.ts";
import { isCompaction } from "../../model/compaction.ts";
import { ServiceError } from "../../service-error.ts";
import { checkToolPairs } from "../../validation/items.ts";
import type { Outcome } from "../events/generation.ts";
import { type Identifiers, prefixOf } from "../identifiers.ts";
import { conversationIn, type ResponsesRequest } from "../request.ts";
import type { Turn } from "../response-object.ts";
import type { BackgroundRun } from "./background.ts";
import type { Conversations } from "./conversations.ts";
import { previousResponseNotFound, type ResponseMemory } from "./memory.ts";

const KEPT_RESPONSES = 1000;
const KEPT_CHARACTERS = 256 * 1024 * 1024;

/** A response with `store` on. */
export interface StoredResponse {
  /** The response so far, as JSON; for a background response it changes. */
  readonly json: string;
  /** The request's own items, each with an id. */
  readonly input: readonly Fields[];
  /** The conversation that the next request continues; undefined while the response is unfinished. */
  readonly conversation: readonly Fields[] | undefined;
  readonly run: BackgroundRun | undefined;
}

interface Entry {
  readonly turn: Turn;
  readonly run?: BackgroundRun;
  readonly outcome?: Outcome;
}

/** As JSON, without what it shares with the response that it continues. */
function sizeOf({ turn, run, outcome }: Entry): number {
  return JSON.stringify(turn.request.body).length + (outcome?.json.length ?? 0) + (run?.size ?? 0);
}

/** What the service remembers across connections: stored responses and their items. The oldest are dropped first. */
export class Archive {
  readonly #entries = new BoundedMap<string, Entry>(KEPT_RESPONSES, { most: KEPT_CHARACTERS, sizeOf });
  readonly #identifiers: Identifiers;
  readonly #conversations: Conversations;

  constructor(identifiers: Identifiers, conversations: Conversations) {
    this.#identifiers = identifiers;
    this.#conversations = conversations;
  }

  /**
   * The whole conversation of a request: the earlier items, then its own input.
   *
   * @param local - The connection's memory, which is asked first.
   * @throws {@link ServiceError} The request continues an unknown response or conversation, or calls and outputs do not pair.
   */
  conversationFor(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    const conversation = this.gather(request, local);
    checkToolPairs(
      conversation,
      conversation.some((item) => isCompaction(item) || item.type === "compaction_trigger"),
    );
    return conversation;
  }

  /** The same, without checking that calls and outputs pair. @throws {@link ServiceError} */
  gather(request: ResponsesRequest, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    const earlier = this.#earlier(request, local);
    if (earlier.length === 0 && !request.input.some(isReference)) return request.input;
    const known = new Set(earlier);
    const input = request.input
      .map((item) => (isReference(item) ? this.#referenced(item, earlier) : item))
      .filter((item) => !known.has(item));
    return [...earlier, ...input];
  }

  /** The items before a request; empty if it continues nothing, or something unknown. */
  before(body: unknown, local?: Pick<ResponseMemory, "get">): readonly Fields[] {
    if (!isFields(body)) return [];
    try {
      const previousResponseId = stringIn(body, "previous_response_id");
      return this.#earlier({ previousResponseId, conversationId: conversationIn(body) }, local);
    } catch {
      return []; // its refusal says why
    }
  }

  /** Keeps a response that has ended. */
  keep(turn: Turn, outcome: Outcome): void {
    const { request } = turn;
    if (request.conversationId !== undefined) {
      this.#conversations.append(request.conversationId, [...request.input, ...outcome.output]);
    }
    if (!request.isStored) return;
    this.#add(turn.id, { turn, ...this.#entries.get(turn.id), outcome });
  }

  /** Keeps a background response from its start. */
  begin(turn: Turn, run: BackgroundRun): void {
    this.#add(turn.id, { turn, run });
  }

  get(id: string): StoredResponse | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return undefined;
    const { turn, run, outcome } = entry;
    return {
      json: run?.json ?? outcome?.json ?? "{}",
      input: inputOf(turn),
      conversation: outcome?.conversation,
      run,
    };
  }

  /** @throws {@link ServiceError} 404 */
  find(id: string): StoredResponse {
    const found = this.get(id);
    if (!found)
      throw new ServiceError(404, { message: `Response with id '${id}' not found.`, code: "response_not_found" });
    return found;
  }

  delete(id: string): void {
    this.#entries.get(id)?.run?.cancel();
    this.#entries.delete(id);
  }

  #add(id: string, entry: Entry): void {
    for (const dropped of this.#entries.set(id, entry)) dropped.run?.cancel();
  }

  #earlier(
    { previousResponseId, conversationId }: Pick<ResponsesRequest, "previousResponseId" | "conversationId">,
    local?: Pick<ResponseMemory, "get">,
  ): readonly Fields[] {
    if (conversationId !== undefined) return this.#conversations.find(conversationId).items;
    if (previousResponseId === undefined) return [];
    const found = local?.get(previousResponseId) ?? this.get(previousResponseId)?.conversation;
    if (!found) throw previousResponseNotFound(previousResponseId);
    return found;
  }

  #referenced({ id }: Fields, earlier: readonly Fields[]): Fields {
    const found = earlier.find((item) => item.id === id) ?? this.#kept(id);
    if (found) return found;
    throw new ServiceError(404, {
      message: `Item with id '${String(id)}' not found.`,
      param: "input",
      code: "item_not_found",
    });
  }

  /** The item with this id, from the output or the input of any stored response. */
  #kept(itemId: unknown): Fields | undefined {
    const hasId = ({ id }: Fields) => id === itemId;
    const entries = [...this.#entries.values()].reverse(); // the newest first, because references are mostly to new items
    for (const { outcome } of entries) {
      const found = outcome?.output.find(hasId);
      if (found) return found;
    }
    for (const { turn } of entries) {
      const found = inputOf(turn).find(hasId);
      if (found) return found;
    }
    return undefined;
  }

  /** A new turn for a checked request. @throws {@link ServiceError} As {@link conversationFor}. */
  open(request: ResponsesRequest, createdAt: number, local?: Pick<ResponseMemory, "get">): Turn {
    const conversation = this.conversationFor(request, local);
    return { id: this.#identifiers.next("resp"), createdAt, request, conversation };
  }
}

function inputOf({ id, request }: Turn): readonly Fields[] {
  return request.input.map((item, index) => ({ id: `${prefixOf(item)}_${id.slice(5, 50)}${index}`, ...item }));
}

function isReference({ type }: Fields): boolean {
  return type === "item_reference";
}
