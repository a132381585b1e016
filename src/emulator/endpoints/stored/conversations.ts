import { type Fields, isFields } from "../../fields.ts";
import { type Conversations, conversationObject } from "../../responses/kept/conversations.ts";
import { parseInput } from "../../responses/request.ts";
import { ServiceError } from "../../service-error.ts";
import { pageOf } from "./page.ts";

/** The calls of `/conversations`. All throw a {@link ServiceError}: 404 if something does not exist, 400 for an invalid request. */
export class ConversationEndpoints {
  readonly #conversations: Conversations;

  constructor(conversations: Conversations) {
    this.#conversations = conversations;
  }

  create({ items, metadata }: Fields, nowSeconds: number): Fields {
    return conversationObject(this.#conversations.create(parseInput(items ?? [], "items"), metadata, nowSeconds));
  }

  retrieve(id: string): Fields {
    return conversationObject(this.#conversations.find(id));
  }

  update(id: string, { metadata }: Fields): Fields {
    const conversation = this.#conversations.find(id);
    conversation.metadata = isFields(metadata) ? metadata : {};
    return conversationObject(conversation);
  }

  remove(id: string): Fields {
    this.#conversations.find(id);
    this.#conversations.delete(id);
    return { id, object: "conversation.deleted", deleted: true };
  }

  items(id: string, query: URLSearchParams): Fields {
    return pageOf(this.#conversations.find(id).items, query);
  }

  addItems(id: string, { items }: Fields): Fields {
    const added = this.#conversations.append(id, parseInput(items, "items"));
    return pageOf(added, new URLSearchParams({ order: "asc", limit: "100" }));
  }

  item(id: string, itemId: string): Fields {
    const found = this.#conversations.find(id).items.find((item) => item.id === itemId);
    if (!found) throw new ServiceError(404, { message: `Item with id '${itemId}' not found.`, code: "item_not_found" });
    return found;
  }

  removeItem(id: string, itemId: string): Fields {
    this.item(id, itemId);
    const conversation = this.#conversations.find(id);
    conversation.items = conversation.items.filter((item) => item.id !== itemId);
    return conversationObject(conversation);
  }
}
