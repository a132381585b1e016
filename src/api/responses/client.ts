import type { Compression } from "../../client/compression.ts";
import type { HeaderInit } from "../../client/headers.ts";
import type { TraceContext } from "../../client/trace-context.ts";
import { type ClientOptions, EndpointSession } from "../endpoint-session.ts";
import { header } from "../headers.ts";
import { conversationHeaders } from "../identity.ts";
import { isAzure, type SessionHeaderNames } from "../provider.ts";
import { encodeResponsesRequest, type ResponsesRequest } from "../wire/requests.ts";
import { openHttpResponse } from "./http.ts";
import type { ResponseStream } from "./stream.ts";
import { type StreamOptions, streamOptionsOf } from "./stream-options.ts";
import type { TurnState } from "./turn-state.ts";

/** What kind of agent asks; a free label is sent as it is. A main session has none. */
export type SessionSource = "review" | "compact" | "memory_consolidation" | "collab_spawn" | (string & {});

/** Options of one response. */
export interface ResponsesOptions extends StreamOptions {
  /** Sent as `x-client-request-id` and as session id, under the provider's names for it (`sessionHeaders`). */
  readonly conversationId?: string | undefined;
  /** Sent as `x-openai-subagent`. */
  readonly sessionSource?: SessionSource | undefined;
  /** Further headers; they overwrite the provider's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Coding of the request body; default the provider's. */
  readonly compression?: Compression | undefined;
  /** Sent when it holds a value, filled from the answer when it does not. */
  readonly turnState?: TurnState | undefined;
  /** Ends everything at once, with an `aborted` error. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. */
  readonly traceContext?: TraceContext | undefined;
}

/** `POST {baseUrl}/responses`, answered by a stream of server-sent events. */
export class ResponsesClient {
  readonly #session: EndpointSession;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: ClientOptions) {
    this.#session = new EndpointSession(options);
  }

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
   * const stream = await client.stream({ model: "gpt-5-mini", input: "Say hello." });
   * for await (const event of stream) {
   *   if (event.type === "output_text.delta") process.stdout.write(event.delta);
   * }
   * ```
   */
  async stream<Parsed, Calls extends readonly unknown[]>(
    request: ResponsesRequest<Parsed, Calls>,
    options: ResponsesOptions = {},
  ): Promise<ResponseStream<Parsed, Calls>> {
    const body = encodeResponsesRequest(request, { azure: isAzure(this.#session.provider) });
    return (await this.streamBody(body, options)).readBy(request);
  }

  /** Sends any JSON body as it is; see {@link stream}. The body must ask for a stream itself (`stream: true`). */
  async streamBody(body: unknown, options: ResponsesOptions = {}): Promise<ResponseStream> {
    const { provider, limits, telemetry, logger } = this.#session;
    const response = await this.#session.stream({
      method: "POST",
      path: "responses",
      headers: { accept: "text/event-stream", ...requestHeaders(options, provider.sessionHeaders) },
      json: body,
      compression: options.compression ?? provider.compression,
      traceContext: options.traceContext,
      signal: options.signal,
    });
    return openHttpResponse(response, {
      ...streamOptionsOf(options),
      idleTimeoutMs: limits.streamIdleTimeoutMs,
      livenessTimeoutMs: limits.livenessTimeoutMs,
      signal: options.signal,
      turnState: options.turnState,
      telemetry,
      logger,
      blank: response.blank,
    });
  }
}

function requestHeaders(options: ResponsesOptions, names: SessionHeaderNames | undefined): HeaderInit {
  return {
    ...conversationHeaders(options.conversationId, names),
    [header.subagent]: options.sessionSource,
    [header.turnState]: options.turnState?.value,
    ...options.headers,
  };
}
