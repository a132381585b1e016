import { type CodexApiError, HttpError, type HttpErrorFields, StreamError } from "../client/errors.ts";
import type { HeaderMap } from "../client/headers.ts";
import { parseRetryAfter } from "../client/retry-after.ts";
import { statusText } from "../client/status-text.ts";
import { delayInMessage, type ErrorDetails, readBodyDetails, readErrorDetails } from "./error-details.ts";
import {
  ContextWindowExceededError,
  InvalidRequestError,
  QuotaExceededError,
  RateLimitError,
  type RefusalFields,
  RetryableError,
  ServerOverloadedError,
  UsageLimitReachedError,
  UsageNotIncludedError,
} from "./errors.ts";
import { header, headerText } from "./headers.ts";
import { bodyExcerpt, requestIdOf, unexpectedStatusText } from "./http-error-text.ts";
import { promoMessage, rateLimitSnapshot } from "./rate-limits.ts";
import { isJsonObject, type JsonObject } from "./wire/json.ts";

/** A refusal with what came around it. */
interface Refusal {
  readonly details: ErrorDetails;
  readonly fields: RefusalFields;
  /** Of the HTTP answer, or of the error frame; empty for an event. */
  readonly headers: HeaderMap;
  /** Text of the HTTP answer. */
  readonly body?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

type ToError = (refusal: Refusal) => CodexApiError;

const contextWindowExceeded: ToError = ({ details, fields, cause }) =>
  new ContextWindowExceededError(
    `${sentence(details.message, "Input and answer do not fit into the model's context window.")} Compact or shorten the history, or start a new conversation.`,
    fields,
    because(cause),
  );

const quotaExceeded: ToError = ({ details, fields, cause }) =>
  new QuotaExceededError(
    `${sentence(details.message, "Quota exceeded.")} Check the plan, the credits and the spending limits of the account.`,
    fields,
    because(cause),
  );

const usageNotIncluded: ToError = ({ details, fields, cause }) =>
  new UsageNotIncludedError(
    `${sentence(details.message, "The plan of this account does not include this use.")} Upgrade the plan (https://chatgpt.com/explore/plus) or use an API key.`,
    fields,
    because(cause),
  );

const serverOverloaded: ToError = ({ details, fields, cause }) =>
  new ServerOverloadedError(
    `${sentence(details.message, "The model is at capacity.")} Choose another model, or try again later.`,
    fields,
    because(cause),
  );

const invalidRequest: ToError = ({ details, fields, body, cause }) =>
  new InvalidRequestError(details.message ?? "Invalid request.", { ...fields, body }, because(cause));

const againstPolicy: ToError = (refusal) =>
  refusal.details.message === undefined
    ? invalidRequest({
        ...refusal,
        details: {
          ...refusal.details,
          message: `The service's usage policy forbids this request (${refusal.fields.code}).`,
        },
      })
    : invalidRequest(refusal);

const retryable: ToError = ({ details, fields, retryAfterMs, cause }) => {
  const code = fields.code === undefined ? "without giving a reason" : `with code ${fields.code}`;
  const message = details.message ?? `The service failed ${code}. Send the request again.`;
  return new RetryableError(message, { ...fields, retryAfterMs }, because(cause));
};

const usageLimitReached: ToError = ({ details, fields, headers, cause }) => {
  const rateLimits =
    Object.keys(headers).length > 0 ? rateLimitSnapshot(headers, headerText(headers, header.activeLimit)) : undefined;
  const promo = promoMessage(headers);
  const { planType } = details;
  const resetDate = dateOf(details.resetsAt);
  const resetsAt = resetDate === undefined ? undefined : details.resetsAt;
  const limitName = rateLimits?.limitName?.toLowerCase() === "codex" ? undefined : rateLimits?.limitName;
  const message = [
    `The usage limit${limitName ? ` of ${limitName}` : ""} is reached${planType ? ` (plan: ${planType})` : ""}.`,
    resetDate === undefined ? undefined : `It resets at ${resetDate}.`,
    promo ?? "Wait for the reset, or see https://chatgpt.com/codex/settings/usage for more credits.",
  ];
  return new UsageLimitReachedError(
    message.filter(Boolean).join(" "),
    { ...fields, planType, resetsAt, rateLimits, promoMessage: promo },
    because(cause),
  );
};

/**
 * THE table: what a code means, on an SSE stream, on a WebSocket and in an HTTP answer alike. Looked up by `error.code`, then by `error.type`;
 * for `response.failed` by the code alone, as in the reference. What is not listed depends on where it arrived: an event is retryable, an HTTP
 * answer goes by its status.
 */
const BY_CODE: ReadonlyMap<string, ToError> = new Map([
  ["context_length_exceeded", contextWindowExceeded],
  ["insufficient_quota", quotaExceeded],
  ["credit_balance_exhausted", quotaExceeded],
  ["organization_spend_limit_exceeded", quotaExceeded],
  ["project_spend_limit_exceeded", quotaExceeded],
  ["usage_not_included", usageNotIncluded],
  ["usage_limit_reached", usageLimitReached],
  ["server_is_overloaded", serverOverloaded],
  ["slow_down", serverOverloaded],
  ["invalid_prompt", invalidRequest],
  ["cyber_policy", againstPolicy],
  ["bio_policy", againstPolicy],
  ["misalignment_policy_violation", againstPolicy],
  ["flex_unavailable", retryable],
]);

function listed({ code, type, limitReadable }: ErrorDetails): ToError | undefined {
  const toError = BY_CODE.get(code ?? "") ?? BY_CODE.get(type ?? "");
  // As in the reference, a limit of the plan whose details cannot be read is an ordinary 429.
  const isPlanLimit = toError === usageLimitReached || toError === usageNotIncluded;
  return isPlanLimit && !limitReadable ? undefined : toError;
}

/**
 * The typed error for an HTTP answer outside 200-299, with the transport's error as its `cause`.
 *
 * @param nowMs - The clock against which a `Retry-After` date is read.
 */
export function mapHttpError(error: HttpError, nowMs: number = Date.now()): CodexApiError {
  return mapAnswer(error, nowMs, error);
}

function mapAnswer(answer: HttpErrorFields, nowMs: number, cause?: unknown): CodexApiError {
  const { status, headers, body } = answer;
  const details = readBodyDetails(body);
  const fields = { code: details.code ?? details.type, status, requestId: answer.requestId ?? requestIdOf(headers) };
  const retryAfterMs = parseRetryAfter(headers, nowMs);
  const refusal: Refusal = { details, fields, headers, body, retryAfterMs, cause };
  const toError = listed(details);
  if (toError) return toError(refusal);
  if (status === 400) return badRequest(refusal);
  if (status === 429) return rateLimited(refusal, answer.url);
  const { url } = answer; // picked one by one: an error's own headers and body are hidden from spreading
  const { requestId } = fields;
  return new HttpError(
    unexpectedStatusText(answer, details),
    { status, url, headers, body, requestId },
    because(cause),
  );
}

const INVALID_IMAGE = "The image data you provided does not represent a valid image";

function badRequest(refusal: Refusal): CodexApiError {
  const { headers, body = "" } = refusal;
  const said = refusal.details.message ?? (bodyExcerpt({ headers, body }) || undefined);
  const message = body.includes(INVALID_IMAGE)
    ? `${sentence(said, "Invalid image.")} Remove the image from the input and send the request again.`
    : said;
  return invalidRequest({ ...refusal, details: { ...refusal.details, message } });
}

function rateLimited(refusal: Refusal, url: string | undefined): CodexApiError {
  const { details, headers, body = "", cause } = refusal;
  const requestId = refusal.fields.requestId ?? headerText(headers, header.cfRay);
  const retryAfterMs = refusal.retryAfterMs ?? delayInMessage(details.message);
  const said = (details.message ?? bodyExcerpt({ headers, body })).replace(/\.$/, "");
  const message = [
    `rate limited, status: ${statusText(429)}`,
    said && `: ${said}`,
    url && `, url: ${url}`,
    requestId && `, request id: ${requestId}`,
    retryAfterMs === undefined ? ". Send less, or wait." : `. Try again in ${retryAfterMs / 1000} s.`,
  ];
  return new RateLimitError(
    message.filter(Boolean).join(""),
    { ...refusal.fields, requestId, retryAfterMs },
    because(cause),
  );
}

/** The typed error for `response.error` of a `response.failed` event. */
export function mapFailedResponse(error: unknown): CodexApiError {
  const details = readErrorDetails(error);
  if (!details.wellFormed) return new StreamError("response.failed event received");
  return mapDetails(details, listed({ ...details, type: undefined }));
}

function mapDetails(details: ErrorDetails, known: ToError | undefined): CodexApiError {
  const retryAfterMs = details.code === "rate_limit_exceeded" ? delayInMessage(details.message) : undefined;
  const fields = { code: details.code ?? details.type };
  return (known ?? retryable)({ details, fields, headers: {}, retryAfterMs });
}

/**
 * The typed error for a top-level `error` event of a stream, in each of its three forms: with the details in `error`,
 * with the details beside `type`, and with a status as WebSocket frames have it.
 *
 * @param text - The event as it arrived.
 */
export function mapErrorEvent(event: JsonObject, text: string): CodexApiError {
  const framed = mapWebsocketErrorFrame(event, text);
  if (framed) return framed;
  const { code, message } = event;
  const details = readErrorDetails(isJsonObject(event.error) ? event.error : { code, message: message ?? event.error });
  if (details.code === undefined && details.type === undefined && details.message === undefined) {
    return new StreamError("error event received, without a reason");
  }
  return mapDetails(details, listed(details));
}

const CONNECTION_LIMIT =
  "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.";
const PREVIOUS_RESPONSE_GONE =
  "The previous response is not known on this connection. Send the full input, without previous_response_id.";

/**
 * The typed error for a WebSocket frame `{"type":"error",…}`; `undefined` when it is none, or says no status that is an error.
 *
 * @param text - The frame as it arrived; it becomes the error's `body`. Not written anew: what a peer nests deep enough cannot be.
 * @param nowMs - The clock against which a `Retry-After` date is read.
 */
export function mapWebsocketErrorFrame(
  frame: JsonObject,
  text: string,
  nowMs: number = Date.now(),
): CodexApiError | undefined {
  if (frame.type !== "error") return undefined;
  const status = frame.status ?? frame.status_code ?? undefined;
  const error = frame.error ?? undefined;
  if (status !== undefined && !isShort(status)) return undefined;
  if (error !== undefined && !(isJsonObject(error) && isText(error.code) && isText(error.message))) return undefined;
  const details = readErrorDetails(error);
  const fields: RefusalFields = { code: details.code, status };
  switch (details.code) {
    case "websocket_connection_limit_reached":
      return new RetryableError(details.message ?? CONNECTION_LIMIT, fields);
    case "previous_response_not_found":
      return new RetryableError(details.message ?? PREVIOUS_RESPONSE_GONE, fields);
  }
  if (status === undefined || status < 100 || status > 999 || (status >= 200 && status < 300)) return undefined;
  const headers = { ...frameHeaders(error?.headers), ...frameHeaders(frame.headers) };
  return mapAnswer({ status, headers, body: text }, nowMs);
}

function isShort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff;
}

function isText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
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

/** The service's words as a sentence that another can follow. */
function sentence(words: string | undefined, fallback: string): string {
  if (words === undefined) return fallback;
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

function because(cause: unknown): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause };
}

function dateOf(unixSeconds: number | undefined): string | undefined {
  const date = new Date((unixSeconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
