import { knownOptions } from "../../../client/options.ts";
import { requestEncoding } from "../../provider.ts";
import { checkDone, readAnswer } from "../../service/answer.ts";
import { beginCall } from "../../service/call.ts";
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

/** Options for resuming a response. */
export interface ResumeOptions extends UnaryOptions, StreamOptions, BackgroundOptions {
  /**
   * Where to resume: a stream's `position`, which the reader saved, or the `sequence_number` of the last known event. By default from the
   * first event. With a number, items that were read before are delivered again if the service no longer streams the response.
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

/** Calls about responses that the service stores (`store: true`), while they run in the background and later. */
export abstract class StoredResponsesClient extends ServiceClient {
  /**
   * Starts a background response without reading it: sends the request with `background: true` and without a stream. The returned state is
   * usually `queued`. Read the response with `resume`, or poll its state with `retrieve`.
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
    return readStoredResponse(readAnswer(answer, FAILURE));
  }

  /**
   * The current state of a stored response. One that still runs is `queued` or `in_progress`.
   *
   * @throws The kinds of `docs/errors.md`. {@link ResponseGoneError} There is no such response.
   */
  async retrieve(id: string, options: UnaryOptions = {}): Promise<StoredResponse> {
    return (await retrieveStored(this.service, id, checked(options))).response;
  }

  /**
   * Cancels a background response and returns its new state; a finished one does not change. Throws as {@link retrieve}, and
   * {@link InvalidRequestError} if the response is not a background response.
   */
  async cancel(id: string, options: UnaryOptions = {}): Promise<StoredResponse> {
    return cancelStored(this.service, id, checked(options));
  }

  /** Deletes a stored response; a running one is cancelled. Throws as {@link retrieve}, also if the response was deleted before. */
  async delete(id: string, options: UnaryOptions = {}): Promise<void> {
    const answer = await askStored(this.service, id, { ...checked(options), method: "DELETE" });
    checkDone(answer, "failed to decode the answer to a deletion");
  }

  /**
   * The input items of a stored response, in order, fetched a page at a time while they are read. Throws as {@link retrieve} while reading,
   * and {@link BuildError} at once for an invalid option or id.
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
   * The number of input tokens that a request would have. The request is not sent to a model.
   *
   * @throws The kinds of `docs/errors.md`.
   */
  async countInputTokens(request: ResponsesRequest, options: UnaryOptions = {}): Promise<number> {
    const body = inputTokensBody(request, requestEncoding(this.service.provider));
    const answer = await this.service.execute(unaryCall("responses/input_tokens", body, options));
    return readAnswer(answer, COUNT_FAILURE).number("input_tokens", "a number");
  }

  /**
   * Continues reading a background response, in this process or another: streams the events after `after`, waits for the rest, and survives
   * broken connections like the stream of `background: true`. If the response is finished, the rest is delivered at once. If the service no
   * longer streams it, its state is polled until it is finished, and the missing part is taken from the final response. `collect()` returns
   * what this stream brought: leave out `after` to get the whole answer.
   *
   * @throws The kinds of `docs/errors.md`. {@link ResponseGoneError} There is no such response. {@link CancelledError} From the stream: the
   *   response was cancelled. {@link BuildError} `after` is not a position in this response.
   *
   * @example
   * ```ts
   * const { responseId } = await api.responses.start({ model: "gpt-5-pro", input: "Prove it." });
   * const answer = await (await api.responses.resume(responseId)).collect(); // tomorrow, from another machine
   * ```
   */
  async resume(id: string, options: ResumeOptions = {}): Promise<ResponseStream> {
    RESUME(options);
    checkReading(options);
    const { after, headers, traceContext } = options;
    const scope = beginCall(this.service.line, { endpoint: "responses/{id}" });
    const call = { service: this.service, scope, headers, traceContext, options, isOwnCall: true };
    return scope.observer.opening(() => resumedStream(id, after, call));
  }
}

function checked(options: UnaryOptions): Omit<StoredCall, "method"> {
  UNARY(options);
  const { headers, signal, traceContext } = options;
  return { headers, signal, traceContext };
}
