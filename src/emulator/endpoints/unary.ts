import type { StepAnswer } from "../delivery/script.ts";
import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Route } from "../routes.ts";
import { ServiceError } from "../service-error.ts";
import { actOnCall, createCall } from "./calls.ts";
import { createClientSecret } from "./client-secrets.ts";
import { answerCodexAccount, answerCodexApps } from "./codex-account.ts";
import { compactHistory } from "./compact.ts";
import { FileShelf } from "./files.ts";
import { editImages, generateImages, type ImagesAnswer, imageFile } from "./images.ts";
import { summarizeTraces } from "./memories.ts";
import { findModel, listModels, MODELS_ETAG } from "./models.ts";
import { search } from "./search.ts";
import type { Shared } from "./shared.ts";
import { ConversationEndpoints } from "./stored/conversations.ts";
import { StoredResponseEndpoints } from "./stored/responses.ts";

/** A request for one of them, and its address. */
export interface UnaryRequest {
  readonly route: Route;
  readonly url: URL;
  readonly request: RecordedRequest;
}

/** The endpoints that return one body. */
export class UnaryEndpoints {
  readonly #shared: Shared;
  readonly #files: FileShelf;
  readonly #stored: StoredResponseEndpoints;
  readonly #conversations: ConversationEndpoints;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#files = new FileShelf(shared.identifiers);
    this.#stored = new StoredResponseEndpoints(shared);
    this.#conversations = new ConversationEndpoints(shared.conversations);
  }

  /** @throws {@link ServiceError} */
  async answer({ route, url, request }: UnaryRequest, nowSeconds: number): Promise<StepAnswer & ImagesAnswer> {
    const [id = "", itemId = ""] = route.ids;
    const query = url.searchParams;
    switch (route.endpoint) {
      case "models":
        return {
          headers: { etag: MODELS_ETAG },
          body: listModels(query.get("client_version"), this.#shared.options.models),
        };
      case "model":
        return { body: findModel(id, this.#shared.options.models) };
      case "upload":
        return this.#files.upload(id, query.get("sig"), request);
      case "file":
        return { body: await this.#files.create(request, url.origin, nowSeconds) };
      case "files":
        return { body: this.#files.list(query) };
      case "stored_file":
        return { body: this.#files.describe(id) };
      case "file_content":
        return { headers: { "content-type": "application/octet-stream" }, body: this.#files.content(id) };
      case "file_deletion":
        return { body: this.#files.remove(id) };
      case "uploaded":
        return { body: this.#files.uploaded(id, url.origin) };
      case "image_edit":
        return editImages(request, this.#files, { origin: url.origin, nowSeconds });
      case "image_generation":
        return generateImages(jsonBody(request), { origin: url.origin, nowSeconds });
      case "download":
        return { headers: { "content-type": "image/png" }, body: imageFile(id) };
      case "call":
        return createCall(request, this.#shared);
      case "call_act":
        return actOnCall(url.pathname, request, this.#shared.agreedSessions);
      case "codex_apps":
        return answerCodexApps(jsonBody(request));
      case "codex_analytics":
        return { status: 202, body: {} };
      case "codex_account":
        return { body: answerCodexAccount(url) };
      case "stored_response":
        return this.#stored.retrieve(id);
      case "stored_response_deletion":
        return { body: this.#stored.remove(id) };
      case "cancellation":
        return this.#stored.cancel(id);
      case "input_items":
        return { body: this.#stored.inputItems(id, query) };
      case "conversation":
        return { body: this.#conversations.retrieve(id) };
      case "conversation_deletion":
        return { body: this.#conversations.remove(id) };
      case "conversation_items":
        return { body: this.#conversations.items(id, query) };
      case "conversation_item":
        return { body: this.#conversations.item(id, itemId) };
      case "conversation_item_deletion":
        return { body: this.#conversations.removeItem(id, itemId) };
      default:
        return { body: this.#answerJson(route, jsonBody(request), nowSeconds) };
    }
  }

  #answerJson({ endpoint, ids: [id = ""] }: Route, body: Fields, nowSeconds: number): Fields {
    switch (endpoint) {
      case "client_secret":
        return createClientSecret(body, this.#shared, nowSeconds);
      case "compact":
        return compactHistory(body, this.#shared, nowSeconds);
      case "input_tokens":
        return this.#stored.countInputTokens(body, nowSeconds);
      case "conversation_creation":
        return this.#conversations.create(body, nowSeconds);
      case "conversation_update":
        return this.#conversations.update(id, body);
      case "conversation_items_creation":
        return this.#conversations.addItems(id, body);
      case "memories":
        return summarizeTraces(body);
      case "search":
        return search(body);
      default:
        throw new ServiceError(404, { message: `Nothing answers for ${endpoint}.` });
    }
  }
}

/** @throws {@link ServiceError} 400 */
export function jsonBody({ headers, json }: RecordedRequest): Fields {
  const type = headers["content-type"];
  if (type !== undefined && !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new ServiceError(400, { message: `Unsupported content type: '${type}'.`, code: "unsupported_content_type" });
  }
  if (!isFields(json)) throw new ServiceError(400, { message: "We could not parse the JSON body of your request." });
  return json;
}
