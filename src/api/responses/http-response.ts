import type { HttpStreamResponse } from "../../client/transport.ts";
import { requestIdOf } from "../headers.ts";
import type { Answer } from "../service/answer.ts";
import type { CallScope } from "../service/call.ts";
import { conversationHeaders } from "../service/call-options.ts";
import type { Service } from "../service/service.ts";
import { backgroundStream, isBackground } from "./background/open.ts";
import { readEventStream } from "./event-stream.ts";
import { reported } from "./observed.ts";
import { type ResponsesOptions, streamOptionsOf } from "./options.ts";
import { ResponseStream } from "./stream.ts";

/** A request for one response. */
export interface ResponseCall {
  readonly body: unknown;
  readonly options: ResponsesOptions;
  readonly scope: CallScope;
  /** True if the call ends with this response. */
  readonly isOwnCall: boolean;
}

/** Sends the request, and resolves when the response headers have arrived. */
export async function openHttpResponse(
  service: Service,
  { body, options, scope, isOwnCall }: ResponseCall,
): Promise<ResponseStream> {
  const { provider, limits } = service;
  const { observer } = scope;
  const { sessionHeaders } = provider;
  const response: Answer<HttpStreamResponse> = await service.stream({
    method: "POST",
    path: "responses",
    headers: { accept: "text/event-stream", ...conversationHeaders(options, sessionHeaders), ...options.headers },
    json: body,
    compression: options.compression ?? provider.compression,
    traceContext: options.traceContext,
    signal: options.signal,
    scope,
  });
  if (isBackground(body)) {
    const { headers, traceContext } = options;
    return backgroundStream(response, { service, scope, headers, traceContext, options, isOwnCall });
  }
  observer.answered({ requestId: requestIdOf(response.headers) });
  const flow = readEventStream(response, {
    ...streamOptionsOf(options),
    idleTimeoutMs: limits.streamIdleTimeoutMs,
    livenessTimeoutMs: limits.livenessTimeoutMs,
    signal: options.signal,
    turnState: options.turnState,
    telemetry: observer.telemetry,
    logger: observer.logger,
    blank: response.blank,
  });
  return new ResponseStream(isOwnCall ? reported(flow, observer) : flow, response);
}
