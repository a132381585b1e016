import { knownOptions } from "../../../client/options.ts";
import { requestEncoding } from "../../provider.ts";
import { readAnswer } from "../../service/answer.ts";
import { beginPart } from "../../service/call.ts";
import { conversationHeaders, UNARY_NAMES, type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import type { ResponsesRequest } from "../../wire/request-fields.ts";
import { encodeResponsesRequest } from "../../wire/requests.ts";
import { resumedStream } from "../background/open.ts";
import { BACKGROUND_NAMES, type BackgroundOptions } from "../background/options.ts";
import type { ResponsePosition } from "../background/position.ts";
import {
  checkReading,
  checkResponsesOptions,
  READING_NAMES,
  type ResponsesOptions,
  type StreamOptions,
} from "../options.ts";
import type { ResponseStream } from "../stream.ts";
import { askStored, cancelStored, FAILURE, retrieveStored, type StoredCall } from "./calls.ts";
import { InputItems, type InputItemsOptions } from "./input-items.ts";
import { inputTokensBody } from "./input-tokens.ts";
import { readStoredResponse, type StoredResponse } from "./response.ts";

/** Options of taking a response up again. */
export interface ResumeOptions extends UnaryOptions, StreamOptions, BackgroundOptions {
  /**
   * Where to go on: a stream's `position`, saved by the reader before, or the `sequence_number` of the last event that is known. Default: from the
   * first event. With a number alone, items that were read before come again where the service does not stream any more.
   */
  readonly after?: number | ResponsePosition | undefined;
}

const RESUME = knownOptions<ResumeOptions>("the options of resume", {
  ...UNARY_NAMES,
  ...READING_NAMES,
  ...BACKGROUND_NAMES,
  after: true,
});
const UNARY = knownOptions<UnaryOptions>("the options of a call", UNARY_NAMES);
const COUNT_FAILURE = "failed to decode a count of input tokens";

/** What can be asked of responses that the service keeps (`store: true`), while they run in the background and after. */
export abstract class StoredResponsesClient extends ServiceClient {
  /**
   * Sends a request for a response in the background, and leaves it there: `background: true` and no stream. The answer says how it stands, as a rule
   * `queued`; `resume` reads it, `retrieve` asks for it.
   *
   * @throws The kinds of `docs/errors.md`.
   */
  async start(request: ResponsesRequest, options: ResponsesOptions = {}): Promise<StoredResponse> {
    checkResponsesOptions(options);
    const { provider } = this.service;
    const { headers, signal, traceContext, compression = provider.compression } = options;
    const body = encodeResponsesRequest({ ...request, background: true }, requestEncoding(provider));
    const answer = await this.service.execute({
      ...unaryCall("responses", { ...body, stream: false }, { signal, traceContext }),
      headers: { ...conversationHeaders(options, provider.sessionHeaders), ...headers },
      compression,
    });
    return readStoredResponse(readAnswer(answer, FAILURE).fields, FAILURE);
  }

  /**
   * A stored response as it stands: one that runs is `queued` or `in_progress`.
   *
   * @throws The kinds of `docs/errors.md`; {@link ResponseGoneError} There is no such response.
   */
  async retrieve(id: string, options: UnaryOptions = {}): Promise<StoredResponse> {
    return (await retrieveStored(this.service, id, checked(options))).response;
  }

  /**
   * Cancels a response that runs in the background, and tells how it stands then; one that is over stays as it is. Throws as {@link retrieve};
   * {@link InvalidRequestError} The response is not in the background.
   */
  async cancel(id: string, options: UnaryOptions = {}): Promise<StoredResponse> {
    return cancelStored(this.service, id, checked(options));
  }

  /** Deletes a stored response; one that runs is cancelled by it. Throws as {@link retrieve}: one that was deleted before is gone. */
  async delete(id: string, options: UnaryOptions = {}): Promise<void> {
    await askStored(this.service, id, { ...checked(options), method: "DELETE" });
  }

  /**
   * The items that a stored response was given as input, in order, fetched a page at a time while they are read. Throws as {@link retrieve} when it is
   * read; {@link BuildError} at once, for an unusable option or id.
   *
   * @example
   * ```ts
   * for await (const item of api.responses.inputItems(id)) console.log(item.type);
   * ```
   */
  inputItems(id: string, options: InputItemsOptions = {}): InputItems {
    return new InputItems(this.service, id, options);
  }

  /**
   * How many tokens a request would have as input, without sending it to a model.
   *
   * @throws The kinds of `docs/errors.md`.
   */
  async countInputTokens(request: ResponsesRequest, options: UnaryOptions = {}): Promise<number> {
    const body = inputTokensBody(request, requestEncoding(this.service.provider));
    const answer = await this.service.execute(unaryCall("responses/input_tokens", body, options));
    return readAnswer(answer, COUNT_FAILURE).number("input_tokens", "a number");
  }

  /**
   * Goes on with a response in the background, in this process or another: streams what came after `after`, waits for the rest, and survives cuts as
   * the stream of `background: true` does. Of a response that is over it brings the rest at once; where the service does not stream it any more it is
   * asked for until it is done, and what is missing comes from the final response. `collect()` gives what this stream brought: leave `after` out for
   * the whole answer.
   *
   * @throws The kinds of `docs/errors.md`; {@link ResponseGoneError} There is no such response. {@link CancelledError} From the stream: it was
   *   cancelled. {@link BuildError} `after` is no place in this response.
   * @example
   * ```ts
   * const { responseId } = await api.responses.start({ model: "gpt-5-pro", input: "Prove it." });
   * const answer = await (await api.responses.resume(responseId)).collect(); // tomorrow, from another machine
   * ```
   */
  async resume(id: string, options: ResumeOptions = {}): Promise<ResponseStream> {
    RESUME(options);
    checkReading(options);
    const { after, headers, traceContext, signal } = options;
    const part = beginPart(this.service.line, { endpoint: "responses/{id}" }, signal);
    try {
      return await resumedStream(id, after, {
        service: this.service,
        part,
        headers,
        traceContext,
        options,
        isOwnCall: true,
      });
    } catch (error) {
      part.observer.failed(error);
      throw error;
    }
  }
}

function checked(options: UnaryOptions): Omit<StoredCall, "method"> {
  UNARY(options);
  const { headers, signal, traceContext } = options;
  return { headers, signal, traceContext };
}
