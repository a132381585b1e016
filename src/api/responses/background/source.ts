import type { HeaderInit } from "../../../client/headers.ts";
import type { TraceContext } from "../../../client/observe/trace-context.ts";
import type { HttpStreamResponse } from "../../../client/transport.ts";
import { CodexApiError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import type { CallScope } from "../../service/call.ts";
import type { Service } from "../../service/service.ts";
import { ofStored, storedCall } from "../stored/calls.ts";

/** From where a stored response is requested, and for which call. */
export interface StoredSource {
  readonly service: Service;
  readonly scope: CallScope;
  readonly headers?: HeaderInit | undefined;
  readonly traceContext?: TraceContext | undefined;
}

/**
 * Opens the stream of a stored response, after the event with number `after`; from the first event if that is undefined.
 *
 * @throws The kinds of `docs/errors.md`. {@link ResponseGoneError} There is no such response.
 */
export function openStoredStream(
  { service, scope, headers, traceContext }: StoredSource,
  id: string,
  after: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer<HttpStreamResponse>> {
  const call = storedCall(id, {
    method: "GET",
    query: { stream: "true", ...(after === undefined ? {} : { starting_after: String(after) }) },
    headers: { accept: "text/event-stream", ...(headers as object | undefined) },
    traceContext,
    signal,
    scope,
  });
  return ofStored(id, () => service.stream(call));
}

/**
 * True if a failure means that this response cannot be streamed. The service refuses five minutes after the response began, and always if
 * it was requested without `stream`. Some gateways send an answer that is not a stream.
 */
export function refusesToStream(error: unknown): boolean {
  if (!CodexApiError.is(error)) return false;
  if (error.kind === "http") return error.status === 405 || error.status === 501;
  return error.kind === "invalid_request" || error.kind === "protocol";
}
