import type { CommonFields } from "../../client/failure/failure.ts";
import { HttpError, type HttpFields } from "../../client/failure/kinds.ts";
import { parseRetryAfter } from "../../client/failure/retry-after.ts";
import { withRedirectNote } from "../../client/http/redirect-note.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { statusText } from "../../client/wording/status-text.ts";
import { header, headerText, requestIdOf } from "../headers.ts";
import { invalidImage, invalidRequest, listed, type Refusal, withMessage } from "./codes.ts";
import { delayInMessage, readBodyDetails } from "./details.ts";
import { type CodexFailure, RateLimitError } from "./kinds.ts";
import { unexpectedStatusText } from "./unexpected-status.ts";

export interface Refused {
  /** True if the request could also go over another carrier, which the server may serve. Default false. */
  readonly hasOtherCarrier?: boolean | undefined;
}

/**
 * The typed error for an HTTP answer outside 200-299, with the transport's error as its `cause`.
 *
 * @param nowMs - The clock against which a `Retry-After` date is read.
 */
export function mapHttpError(
  error: HttpError,
  nowMs: number = Date.now(),
  { hasOtherCarrier = false }: Refused = {},
): CodexFailure {
  const isOfTheCarrier = hasOtherCarrier && error.outlook === "never" && error.status !== 401;
  const mapped = mapAnswer(error, nowMs, { cause: error, outlook: isOfTheCarrier ? "elsewhere" : undefined });
  mapped.message = withRedirectNote(mapped.message, error);
  return mapped;
}

/** The same for an error frame on a WebSocket that carries an HTTP status. */
export function mapAnswer(
  answer: HttpFields & Pick<CommonFields, "requestId" | "replay">,
  nowMs: number,
  { cause, outlook }: Pick<CommonFields, "cause" | "outlook"> = {},
): CodexFailure {
  const { status, headers, body, url } = answer;
  const details = readBodyDetails(body);
  const fields = {
    code: details.code ?? details.type,
    status,
    requestId: answer.requestId ?? requestIdOf(headers),
    retryAfterMs: parseRetryAfter(headers, nowMs),
    // The transport knows more than the status only where nothing was sent.
    replay: answer.replay === "safe" ? answer.replay : undefined,
    cause,
  };
  const refusal: Refusal = { details, fields, headers, body };
  const toError = listed(details);
  if (toError) return toError(refusal);
  if (status === 400) return badRequest({ ...refusal, fields: { ...fields, outlook } });
  if (status === 429) return rateLimited(refusal, url);
  // Listed one by one, because an error's headers and body are not enumerable.
  const { requestId, retryAfterMs, replay } = fields;
  return new HttpError(unexpectedStatusText(answer, details), {
    ...{ status, url, headers, body },
    ...{ requestId, retryAfterMs, replay, outlook, cause },
  });
}

const INVALID_IMAGE = "The image data you provided does not represent a valid image";

function badRequest(refusal: Refusal): CodexFailure {
  const { headers, body = "" } = refusal;
  const told = withMessage(refusal, refusal.details.message ?? (bodyExcerpt({ headers, body }) || undefined));
  return body.includes(INVALID_IMAGE) ? invalidImage(told, "Invalid image.") : invalidRequest(told);
}

function rateLimited({ details, fields, headers, body = "" }: Refusal, url: string | undefined): CodexFailure {
  const requestId = fields.requestId ?? headerText(headers, header.cfRay);
  const retryAfterMs = fields.retryAfterMs ?? delayInMessage(details.message);
  const said = (details.message ?? bodyExcerpt({ headers, body })).replace(/\.$/, "");
  const message = [
    `rate limited, status: ${statusText(429)}`,
    said && `: ${said}`,
    url && `, url: ${url}`,
    requestId && `, request id: ${requestId}`,
    retryAfterMs === undefined ? ". Send less, or wait." : `. Try again in ${retryAfterMs / 1000} s.`,
  ];
  return new RateLimitError(message.filter(Boolean).join(""), { ...fields, requestId, retryAfterMs });
}
