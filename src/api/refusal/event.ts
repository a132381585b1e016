import { StreamError } from "../../client/failure/kinds.ts";
import { parseRetryAfter } from "../../client/failure/retry-after.ts";
import type { HeaderMap } from "../../client/headers.ts";
import { requestIdOf } from "../headers.ts";
import { fieldOf, isJsonObject, type JsonObject } from "../wire/json.ts";
import { mapAnswer } from "./answer.ts";
import { invalidRequest, listed, notOnWebSocket, ofConnection, passing, type ToError } from "./codes.ts";
import {
  delayInMessage,
  type ErrorDetails,
  isSilent,
  parameterOf,
  readDetails,
  readErrorDetails,
  statusOf,
} from "./details.ts";
import type { CodexFailure } from "./kinds.ts";

/** The typed error for `response.error` of a `response.failed` event. */
export function mapFailedResponse(error: unknown, nowMs: number = Date.now()): CodexFailure {
  const details = readErrorDetails(error);
  if (isSilent(details) && !isJsonObject(error)) return new StreamError("response.failed event received");
  // Only the code counts, as in the Rust client.
  const known = listed({ ...details, type: undefined });
  return mapDetails(details, known, frameHeaders(fieldOf(error, "headers")), nowMs);
}

/**
 * The typed error for a top-level `error` event, on both carriers and in all its forms: with the details in `error`, next to `type`, or in
 * a gateway's form; with a status, which makes it equal to an HTTP answer of that status, or without.
 *
 * @param text - The event as received; it becomes the error's `body`. It is not serialized again, which would fail for very deep nesting.
 * @param nowMs - The clock against which a `Retry-After` date is read.
 * @param ofAnswer - Headers of the HTTP answer, if it is the body of one. Default: none.
 */
export function mapErrorEvent(
  event: JsonObject,
  text: string,
  nowMs: number = Date.now(),
  ofAnswer: HeaderMap = {},
): CodexFailure {
  const details = readDetails(event);
  const headers = {
    ...ofAnswer,
    ...frameHeaders(fieldOf(event.error, "headers")),
    ...frameHeaders(event.headers),
  };
  const status = statusOf(event) ?? details.status;
  const ofLink = ofConnection(details.code);
  if (ofLink) return ofLink({ details, fields: { code: details.code, status }, headers });
  const { code, type, message } = details;
  if (code === undefined && message && /websocket/i.test(message) && parameterOf(event) === "model")
    return notOnWebSocket(message, { details, fields: { code: type, status }, headers, body: text });
  if (status !== undefined && (status < 200 || status > 299)) return mapAnswer({ status, headers, body: text }, nowMs);
  if (isSilent(details)) return new StreamError("error event received, without a reason");
  return mapDetails(details, listed(details), headers, nowMs);
}

function mapDetails(
  details: ErrorDetails,
  known: ToError | undefined,
  headers: HeaderMap,
  nowMs: number,
): CodexFailure {
  const { code, type, message, status } = details;
  const asked = parseRetryAfter(headers, nowMs);
  const retryAfterMs = asked ?? (code === "rate_limit_exceeded" ? delayInMessage(message) : undefined);
  const fields = { code: code ?? type, retryAfterMs, requestId: requestIdOf(headers) };
  return (known ?? unlisted(type, status))({ details, fields, headers });
}

/** An invalid request stays invalid. An HTTP answer shows that by its status, an event by its type. */
function unlisted(type: string | undefined, status: number | undefined): ToError {
  return type === "invalid_request_error" || status === 400 || status === 422 ? invalidRequest : passing;
}

function frameHeaders(value: unknown): HeaderMap {
  const headers: Record<string, string> = {};
  if (!isJsonObject(value)) return headers;
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === "string" || typeof field === "number" || typeof field === "boolean") {
      headers[name.toLowerCase()] = String(field);
    }
  }
  return headers;
}
