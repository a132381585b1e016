import type { HttpStreamResponse } from "../../client/transport.ts";
import { requestEncoding } from "../provider.ts";
import { requestIdOf } from "../refusal/http-text.ts";
import type { Answer } from "../service/answer.ts";
import { beginPart, type CallPart, modelOf } from "../service/call.ts";
import { conversationHeaders } from "../service/call-options.ts";
import { ServiceClient } from "../service/client.ts";
import type { Service } from "../service/service.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import { LaterEvents } from "./later-events.ts";
import { checkResponsesOptions, type ResponsesOptions } from "./options.ts";
import type { CollectedResponse } from "./received.ts";
import { openSseStream } from "./sse-stream.ts";
import type { ResponseStream } from "./stream.ts";
import { watched } from "./watched.ts";

/** `POST {baseUrl}/responses`, answered by a stream of server-sent events. */
export class ResponsesClient extends ServiceClient {
  /**
   * Sends a request and resolves when the response headers are in.
   *
   * Until then it is retried as the provider's policy says; after that a failure is thrown from the stream and never retried, so no event
   * comes twice.
   *
   * @param request - `model` and `input` are needed; everything else has the reference's defaults. `stream: true` is added.
   * @throws The kinds of `docs/errors.md`; {@link AbortedError} as soon as `options.signal` fires.
   * @example
   * ```ts
   * const stream = await api.responses.stream({ model: "gpt-5-mini", input: "Say hello." });
   * for await (const event of stream) {
   *   if (event.type === "output_text.delta") process.stdout.write(event.delta);
   * }
   * ```
   */
  async stream(request: ResponsesRequest, options: ResponsesOptions = {}): Promise<ResponseStream> {
    return this.streamBody(encodeResponsesRequest(request, requestEncoding(this.service.provider)), options);
  }

  /** Sends a request and reads its stream to the end: the whole answer. Throws what {@link stream} and reading it throw. */
  async create(request: ResponsesRequest, options: ResponsesOptions = {}): Promise<CollectedResponse> {
    return (await this.stream(request, options)).collect();
  }

  /** Sends any JSON body as it is; see {@link stream}. The body must ask for a stream itself (`stream: true`). */
  async streamBody(body: unknown, options: ResponsesOptions = {}): Promise<ResponseStream> {
    checkResponsesOptions(options);
    const { signal } = options;
    const part = beginPart(this.service.line, { endpoint: "responses", model: modelOf(body) }, signal);
    try {
      return await openHttpResponse(this.service, { body, options, part, isOwnCall: true });
    } catch (error) {
      part.observer.failed(error);
      throw error;
    }
  }
}

/** One request for a response over HTTP. */
export interface HttpResponseCall {
  readonly body: unknown;
  readonly options: ResponsesOptions;
  readonly part: CallPart;
  /** The call ends with this response. */
  readonly isOwnCall: boolean;
}

/** Sends it, and resolves when the response headers are in. */
export async function openHttpResponse(
  service: Service,
  { body, options, part, isOwnCall }: HttpResponseCall,
): Promise<ResponseStream> {
  const { provider, limits } = service;
  const { observer } = part;
  const { sessionHeaders } = provider;
  const response: Answer<HttpStreamResponse> = await service.stream({
    method: "POST",
    path: "responses",
    headers: { accept: "text/event-stream", ...conversationHeaders(options, sessionHeaders), ...options.headers },
    json: body,
    compression: options.compression ?? provider.compression,
    traceContext: options.traceContext,
    signal: options.signal,
    part,
  });
  observer.answered({ requestId: requestIdOf(response.headers) });
  return openSseStream(response, {
    ...options,
    idleTimeoutMs: limits.streamIdleTimeoutMs,
    livenessTimeoutMs: limits.livenessTimeoutMs,
    later: options.laterEvents ? new LaterEvents(response.headers) : undefined,
    telemetry: observer.telemetry,
    logger: observer.logger,
    blank: response.blank,
    watch: isOwnCall ? (events) => watched(events, observer) : undefined,
  });
}
