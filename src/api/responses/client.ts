import { BuildError } from "../../client/failure/kinds.ts";
import { outlookOf } from "../../client/failure/outlook.ts";
import { announceRemedy } from "../../client/observe/telemetry.ts";
import { requestEncoding } from "../provider.ts";
import { beginCall, modelOf } from "../service/call.ts";
import { checkRequest } from "../wire/request-input.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import { isBackground } from "./background/open.ts";
import { openHttpResponse, type ResponseCall } from "./http-response.ts";
import { checkResponsesOptions, type ResponsesOptions } from "./options.ts";
import type { CollectedResponse } from "./received/received.ts";
import { StoredResponsesClient } from "./stored/client.ts";
import { NOTHING_KEPT, type ResponseStream } from "./stream.ts";
import type { ResponsesWebSocketConnection } from "./websocket/connection.ts";
import { connectOnce, respondOnce } from "./websocket/one-response.ts";

const BACKGROUND_IS_HTTP = 'a response in the background needs HTTP: leave carrier out, or set it to "http" or "auto"';

/** Sends `POST {baseUrl}/responses` and reads the answer, a stream of server-sent events. */
export class ResponsesClient extends StoredResponsesClient {
  /**
   * Sends a request and resolves when the response headers are in.
   *
   * Until then it is retried by the provider's policy. After that a failure is thrown from the stream and never retried, so no event is
   * delivered twice. With `background: true` the service continues the response when the stream breaks; the stream is resumed where it
   * broke, and a `resumed` event says so. Up to the provider's `maxStreamRetries` attempts are made between two events. See
   * `docs/guide/background.md`.
   *
   * @param request - `model` and `input` are required; all other fields default to those of the Rust client. `stream: true` is added.
   * @throws The kinds of `docs/errors.md`; {@link AbortedError} as soon as `options.signal` fires.
   * @example
   * ```ts
   * const stream = await api.responses.stream({ model: "gpt-5-mini", input: "Say hello." });
   * for await (const event of stream) {
   *   if (event.type === "output_text.delta") process.stdout.write(event.delta);
   * }
   * ```
   */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: ResponsesOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    const body = encodeResponsesRequest(request, requestEncoding(this.service.provider));
    return (await this.streamBody(body, options)).readBy(request);
  }

  /**
   * Sends a request, reads its stream to the end and returns the whole answer. Throws what {@link stream} and reading the stream throw.
   * With `background: true` it survives broken connections as {@link stream} does, and polls until the answer is complete if the service
   * does not stream it.
   */
  async create<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: ResponsesOptions = {},
  ): Promise<CollectedResponse<Parsed, Calls>> {
    if (options?.keep === false) throw new BuildError(NOTHING_KEPT); // before the service works for nothing
    return (await this.stream(request, options)).collect();
  }

  /** Sends any JSON body unchanged; see {@link stream}. The body must ask for a stream itself (`stream: true`). */
  async streamBody(body: unknown, options: ResponsesOptions = {}): Promise<ResponseStream> {
    checkResponsesOptions(options);
    checkRequest(body as object);
    const scope = beginCall(this.service.line, { endpoint: "responses", model: modelOf(body) });
    const call = { body, options, scope, isOwnCall: true };
    const { carrier = "http" } = options;
    const isAuto = carrier === "auto" && (this.service.provider.supportsWebSockets ?? false);
    return scope.observer.opening(async () => {
      if (isBackground(body)) {
        if (carrier === "websocket") throw new BuildError(BACKGROUND_IS_HTTP);
        return openHttpResponse(this.service, call);
      }
      if (carrier === "websocket" || isAuto) return this.#overWebSocket(call, isAuto);
      return openHttpResponse(this.service, call);
    });
  }

  async #overWebSocket(call: ResponseCall, mayFallBack: boolean): Promise<ResponseStream> {
    let connection: ResponsesWebSocketConnection;
    try {
      connection = await connectOnce(this.service, call);
    } catch (error) {
      const { outlook } = outlookOf(error, { carrier: "websocket", step: "handshake" });
      if (!mayFallBack || outlook !== "elsewhere") throw error;
      announceRemedy(call.scope.observer, "fallback", error);
      return openHttpResponse(this.service, call);
    }
    return respondOnce(connection, call);
  }
}
