import { jsonAnswer, type StepAnswer } from "../../delivery/script.ts";
import type { Fields } from "../../fields.ts";
import { inputTokensOf } from "../../responses/events/usage.ts";
import type { Archive } from "../../responses/kept/archive.ts";
import { ServiceError } from "../../service-error.ts";
import type { EndpointContext } from "../context.ts";
import { pageOf } from "./page.ts";

/** The calls about an existing response. */
export class StoredResponseEndpoints {
  readonly #archive: Archive;
  readonly #parse: EndpointContext["parse"];

  constructor({ archive, parse }: Pick<EndpointContext, "archive" | "parse">) {
    this.#archive = archive;
    this.#parse = parse;
  }

  /** @throws {@link ServiceError} 404 */
  retrieve(id: string): StepAnswer {
    return jsonAnswer(this.#archive.find(id).json);
  }

  /** @throws {@link ServiceError} 404 */
  remove(id: string): Fields {
    this.#archive.find(id);
    this.#archive.delete(id);
    return { id, object: "response", deleted: true };
  }

  /** @throws {@link ServiceError} 404, or 400 for a response that is not a background response. */
  cancel(id: string): StepAnswer {
    const { run } = this.#archive.find(id);
    if (!run) throw new ServiceError(400, { message: "Cannot cancel a synchronous response.", code: "invalid_value" });
    run.cancel();
    return jsonAnswer(run.json);
  }

  /** @throws {@link ServiceError} 404 or 400 */
  inputItems(id: string, query: URLSearchParams): Fields {
    return pageOf(this.#archive.find(id).input, query);
  }

  /** @throws {@link ServiceError} 400, as for a response. */
  countInputTokens(body: Fields, nowSeconds: number): Fields {
    const request = this.#parse(body);
    const turn = { id: "", createdAt: nowSeconds, request, conversation: this.#archive.conversationFor(request) };
    return { object: "response.input_tokens", input_tokens: inputTokensOf(turn) };
  }
}
