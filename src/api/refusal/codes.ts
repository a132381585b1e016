import type { Outlook, Replay } from "../../client/failure/failure.ts";
import type { HeaderMap } from "../../client/headers.ts";
import { header, headerText } from "../headers.ts";
import { promoMessage, rateLimitSnapshot } from "../rate-limits.ts";
import type { ErrorDetails } from "./details.ts";
import {
  type CodexFailure,
  ContextWindowExceededError,
  InvalidRequestError,
  QuotaExceededError,
  RetryableError,
  ServerOverloadedError,
  UsageLimitReachedError,
  UsageNotIncludedError,
} from "./kinds.ts";

/** A refusal with its context. */
export interface Refusal {
  readonly details: ErrorDetails;
  /** Fields that every error of a refusal has. */
  readonly fields: {
    readonly code?: string | undefined;
    readonly status?: number | undefined;
    readonly requestId?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly replay?: Replay | undefined;
    readonly outlook?: Outlook | undefined;
    readonly cause?: unknown;
  };
  /** Headers of the HTTP answer or of the error frame; empty for an event. */
  readonly headers: HeaderMap;
  /** Text of the HTTP answer. */
  readonly body?: string | undefined;
}

export type ToError = (refusal: Refusal) => CodexFailure;

type RefusalClass = new (message: string, fields: Refusal["fields"]) => CodexFailure;

/** The service's own message, else `byDefault`; then what to do. */
function withAdvice(Kind: RefusalClass, byDefault: string, advice: string): ToError {
  return ({ details, fields }) => new Kind(`${sentence(details.message, byDefault)} ${advice}`, fields);
}

const contextWindowExceeded = withAdvice(
  ContextWindowExceededError,
  "Input and answer do not fit into the model's context window.",
  "Compact or shorten the history, or start a new conversation.",
);

const quotaExceeded = withAdvice(
  QuotaExceededError,
  "Quota exceeded.",
  "Check the plan, the credits and the spending limits of the account.",
);

const usageNotIncluded = withAdvice(
  UsageNotIncludedError,
  "The plan of this account does not include this use.",
  "Upgrade the plan (https://chatgpt.com/explore/plus) or use an API key.",
);

/** The account or its workspace may not do this, and no other plan is known to allow it. */
const notAllowed: ToError = (refusal) =>
  withAdvice(
    UsageNotIncludedError,
    `This account may not make the request (${refusal.fields.code}).`,
    "Ask the person who manages the account or workspace.",
  )(refusal);

const serverOverloaded = withAdvice(
  ServerOverloadedError,
  "The model is at capacity.",
  "Choose another model, or try again later.",
);

export const invalidRequest: ToError = ({ details, fields, body }) =>
  new InvalidRequestError(details.message ?? "Invalid request.", { ...fields, body });

const againstPolicy: ToError = (refusal) =>
  invalidRequest(
    withMessage(
      refusal,
      refusal.details.message ?? `The service's usage policy forbids this request (${refusal.fields.code}).`,
    ),
  );

/** @param byDefault - What is wrong with an image, if the service does not say. */
export function invalidImage(refusal: Refusal, byDefault: string): CodexFailure {
  const said = sentence(refusal.details.message, byDefault);
  return invalidRequest(withMessage(refusal, `${said} Remove the image from the input and send the request again.`));
}

const badImage: ToError = (refusal) => invalidImage(refusal, "The service cannot use an image of the request.");

const staleReasoning: ToError = (refusal) => {
  const said = sentence(refusal.details.message, "The service cannot decrypt a reasoning item of the input.");
  return invalidRequest(
    withMessage(refusal, `${said} Leave reasoning items of another account, model or key out of the input.`),
  );
};

/** Some gateways serve certain models only over HTTP, and say so in their message. */
export function notOnWebSocket(message: string, { fields, body }: Refusal): CodexFailure {
  return new InvalidRequestError(message, { ...fields, body, outlook: "elsewhere", replay: "safe" });
}

export const passing: ToError = ({ details, fields }) => {
  const code = fields.code === undefined ? "without giving a reason" : `with code ${fields.code}`;
  return new RetryableError(details.message ?? `The service failed ${code}. Send the request again.`, fields);
};

const connectionLimit: ToError = ({ details, fields }) =>
  new RetryableError(
    details.message ??
      "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
    fields,
  );

const previousResponseGone: ToError = ({ details, fields }) =>
  new RetryableError(
    details.message ??
      "The previous response is not known on this connection. Send the full input, without previous_response_id.",
    fields,
  );

const usageLimitReached: ToError = ({ details, fields, headers }) => {
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
  return new UsageLimitReachedError(message.filter(Boolean).join(" "), {
    ...fields,
    planType,
    resetsAt,
    rateLimits,
    promoMessage: promo,
  });
};

/**
 * The meaning of each code, for SSE streams, WebSockets and HTTP answers alike. It is looked up by `error.code`, then by `error.type`. A
 * code that is not listed is retryable in an event; in an HTTP answer the status decides.
 *
 * @see The Rust client's tables; the codes of November 2026 by their names in its binary.
 */
const BY_CODE: ReadonlyMap<string | undefined, ToError> = new Map([
  ["context_length_exceeded", contextWindowExceeded],
  ["insufficient_quota", quotaExceeded],
  ["credit_balance_exhausted", quotaExceeded],
  ["organization_spend_limit_exceeded", quotaExceeded],
  ["project_spend_limit_exceeded", quotaExceeded],
  ["budget_reached", quotaExceeded],
  ["session_budget_exceeded", quotaExceeded],
  ["usage_not_included", usageNotIncluded],
  ["access_program_not_enabled", notAllowed],
  ["invalid_access_program", notAllowed],
  ["workspace_access_denied", notAllowed],
  ["inference_hook_denied", notAllowed],
  ["usage_limit_reached", usageLimitReached],
  ["server_is_overloaded", serverOverloaded],
  ["invalid_prompt", invalidRequest],
  ["model_not_found", invalidRequest],
  ["tool_collision", invalidRequest],
  ["audio_too_large", invalidRequest],
  ["invalid_audio", invalidRequest],
  ["invalid_audio_data", invalidRequest],
  ["invalid_audio_format", invalidRequest],
  ["missing_audio_sample_rate", invalidRequest],
  ["invalid_encrypted_content", staleReasoning],
  ["empty_image_file", badImage],
  ["unsupported_image_media_type", badImage],
  ["failed_to_download_image", badImage],
  ["cyber_policy", againstPolicy],
  ["bio_policy", againstPolicy],
  ["content_policy_violation", againstPolicy],
  ["misalignment_policy_violation", againstPolicy],
  ["flex_unavailable", passing],
  ["policy_capacity_unavailable", passing],
  ["slow_down", passing],
  ["vector_store_timeout", passing],
]);

/** Families of codes to which the service adds new ones. */
const BY_PREFIX: readonly (readonly [string, ToError])[] = [
  ["invalid_image", badImage],
  ["image_", badImage],
];

/** Codes about a WebSocket connection, which do not apply to HTTP requests. */
const ON_WEBSOCKET: ReadonlyMap<string | undefined, ToError> = new Map([
  ["websocket_connection_limit_reached", connectionLimit],
  ["previous_response_not_found", previousResponseGone],
]);

export function listed({ code, type, limitReadable }: ErrorDetails): ToError | undefined {
  const toError = ofCode(code) ?? ofCode(type);
  // As in the Rust client, a limit of the plan whose details cannot be read is an ordinary 429.
  const isPlanLimit = toError === usageLimitReached || toError === usageNotIncluded;
  return isPlanLimit && !limitReadable ? undefined : toError;
}

export function ofConnection(code: string | undefined): ToError | undefined {
  return ON_WEBSOCKET.get(code);
}

function ofCode(code: string | undefined): ToError | undefined {
  return BY_CODE.get(code) ?? BY_PREFIX.find(([prefix]) => code?.startsWith(prefix))?.[1];
}

export function withMessage(refusal: Refusal, message: string | undefined): Refusal {
  return { ...refusal, details: { ...refusal.details, message } };
}

/** The service's message as a sentence, so that another sentence can follow. */
export function sentence(words: string | undefined, fallback: string): string {
  if (words === undefined) return fallback;
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

function dateOf(unixSeconds: number | undefined): string | undefined {
  const date = new Date((unixSeconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
