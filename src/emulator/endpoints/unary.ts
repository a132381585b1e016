import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../recording.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import type { Route } from "../routes.ts";
import type { StepAnswer } from "../script.ts";
import { ServiceError } from "../service-error.ts";
import { actOnCall, createCall } from "./calls.ts";
import { createClientSecret } from "./client-secrets.ts";
import { compactHistory } from "./compact.ts";
import { FileShelf } from "./files.ts";
import { editImages, generateImages } from "./images.ts";
import { summarizeTraces } from "./memories.ts";
import { listModels, MODELS_ETAG } from "./models.ts";
import { search } from "./search.ts";

/** A request for one of them, and where it was sent to. */
export interface UnaryRequest {
  readonly route: Route;
  readonly url: URL;
  readonly request: RecordedRequest;
}

/** The endpoints that are answered by one body. */
export class UnaryEndpoints {
  readonly #identifiers: Identifiers;
  /** Of calls that are not over. */
  readonly #calls = new Set<string>();
  readonly #files = new FileShelf();

  constructor(identifiers: Identifiers) {
    this.#identifiers = identifiers;
  }

  /** @throws {@link ServiceError} */
  answer({ route, url, request }: UnaryRequest, nowSeconds: number): StepAnswer {
    switch (route.endpoint) {
      case "models":
        return { headers: { etag: MODELS_ETAG }, body: listModels(url.searchParams.get("client_version")) };
      case "upload":
        return this.#files.upload(route.fileId, url.searchParams.get("sig"), request);
      case "call":
        return createCall(request, this.#calls, this.#identifiers);
      case "call_act":
        return actOnCall(url.pathname, request, this.#calls);
      default:
        return { body: this.#answerJson(route, jsonBody(request), url.origin, nowSeconds) };
    }
  }

  #answerJson({ endpoint, fileId }: Route, body: Fields, origin: string, nowSeconds: number): Fields {
    switch (endpoint) {
      case "client_secret":
        return createClientSecret(body, this.#identifiers, nowSeconds);
      case "compact":
        return compactHistory(body, this.#identifiers, nowSeconds);
      case "memories":
        return summarizeTraces(body);
      case "search":
        return search(body);
      case "image_generation":
        return generateImages(body, nowSeconds);
      case "image_edit":
        return editImages(body, nowSeconds);
      case "file":
        return this.#files.register(body, this.#identifiers, origin);
      case "uploaded":
        return this.#files.uploaded(fileId, origin);
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
