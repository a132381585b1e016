import type { StepAnswer } from "../delivery/script.ts";
import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Endpoint, Route } from "../routes.ts";
import { ServiceError } from "../service-error.ts";
import { actOnCall, createCall } from "./calls.ts";
import { createClientSecret } from "./client-secrets.ts";
import { answerCodexAccount, answerCodexApps } from "./codex-account.ts";
import { compactHistory } from "./compact.ts";
import type { EndpointContext } from "./context.ts";
import { FileShelf } from "./files.ts";
import { editImages, generateImages, type ImagesAnswer, imageFile } from "./images.ts";
import { summarizeTraces } from "./memories.ts";
import { findModel, listModels, MODELS_ETAG } from "./models.ts";
import { search } from "./search.ts";
import { ConversationEndpoints } from "./stored/conversations.ts";
import { StoredResponseEndpoints } from "./stored/responses.ts";

/** A request for one of them, and its address. */
export interface UnaryRequest {
  readonly endpoint: Exclude<Endpoint, "responses">;
  readonly ids: Route["ids"];
  readonly url: URL;
  readonly request: RecordedRequest;
}

interface Call {
  /** What the path names; empty if it names nothing. */
  readonly id: string;
  readonly itemId: string;
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly request: RecordedRequest;
  readonly nowSeconds: number;
  /** @throws {@link ServiceError} 400 */
  body(): Fields;
}

type Answer = StepAnswer & ImagesAnswer;
type Answering = (call: Call) => Answer | Promise<Answer>;

/** The endpoints that return one body. */
export class UnaryEndpoints {
  readonly #table: Readonly<Record<UnaryRequest["endpoint"], Answering>>;

  constructor(context: EndpointContext) {
    const { agreedSessions, options } = context;
    const files = new FileShelf(context.identifiers);
    const stored = new StoredResponseEndpoints(context);
    const conversations = new ConversationEndpoints(context.conversations);
    const place = ({ url, nowSeconds }: Call) => ({ origin: url.origin, nowSeconds });
    this.#table = {
      models: ({ query }) => ({
        headers: { etag: MODELS_ETAG },
        body: listModels(query.get("client_version"), options.models),
      }),
      model: ({ id }) => ({ body: findModel(id, options.models) }),
      stored_response: ({ id }) => stored.retrieve(id),
      stored_response_deletion: ({ id }) => ({ body: stored.remove(id) }),
      cancellation: ({ id }) => stored.cancel(id),
      input_items: ({ id, query }) => ({ body: stored.inputItems(id, query) }),
      input_tokens: ({ body, nowSeconds }) => ({ body: stored.countInputTokens(body(), nowSeconds) }),
      compact: ({ body, nowSeconds }) => ({ body: compactHistory(body(), context, nowSeconds) }),
      conversation_creation: ({ body, nowSeconds }) => ({ body: conversations.create(body(), nowSeconds) }),
      conversation: ({ id }) => ({ body: conversations.retrieve(id) }),
      conversation_update: ({ id, body }) => ({ body: conversations.update(id, body()) }),
      conversation_deletion: ({ id }) => ({ body: conversations.remove(id) }),
      conversation_items: ({ id, query }) => ({ body: conversations.items(id, query) }),
      conversation_items_creation: ({ id, body }) => ({ body: conversations.addItems(id, body()) }),
      conversation_item: ({ id, itemId }) => ({ body: conversations.item(id, itemId) }),
      conversation_item_deletion: ({ id, itemId }) => ({ body: conversations.removeItem(id, itemId) }),
      file: async ({ request, url, nowSeconds }) => ({ body: await files.create(request, url.origin, nowSeconds) }),
      files: ({ query }) => ({ body: files.list(query) }),
      stored_file: ({ id }) => ({ body: files.describe(id) }),
      file_content: ({ id }) => ({ headers: { "content-type": "application/octet-stream" }, body: files.content(id) }),
      file_deletion: ({ id }) => ({ body: files.remove(id) }),
      upload: ({ id, query, request }) => files.upload(id, query.get("sig"), request),
      uploaded: ({ id, url }) => ({ body: files.uploaded(id, url.origin) }),
      image_generation: (call) => generateImages(call.body(), place(call)),
      image_edit: (call) => editImages(call.request, files, place(call)),
      download: ({ id }) => ({ headers: { "content-type": "image/png" }, body: imageFile(id) }),
      memories: ({ body }) => ({ body: summarizeTraces(body()) }),
      search: ({ body }) => ({ body: search(body()) }),
      call: ({ request }) => createCall(request, context),
      call_act: ({ url, request }) => actOnCall(url.pathname, request, agreedSessions),
      client_secret: ({ body, nowSeconds }) => ({ body: createClientSecret(body(), context, nowSeconds) }),
      realtime: () => {
        throw new ServiceError(426, { message: "This endpoint is a WebSocket.", headers: { upgrade: "websocket" } });
      },
      codex_account: ({ url }) => ({ body: answerCodexAccount(url) }),
      codex_apps: ({ body }) => answerCodexApps(body()),
      codex_analytics: () => ({ status: 202, body: {} }),
    };
  }

  /** @throws {@link ServiceError} */
  async answer({ endpoint, ids, url, request }: UnaryRequest, nowSeconds: number): Promise<Answer> {
    const [id = "", itemId = ""] = ids;
    const body = () => jsonBody(request);
    return this.#table[endpoint]({ id, itemId, url, query: url.searchParams, request, nowSeconds, body });
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
