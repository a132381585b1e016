import { fieldOf, isJsonObject, type JsonObject, receivedJson, textOf } from "../wire/json.ts";

/** The details of a refusal, wherever it arrived: the `error` object of an answer, an event or a frame, or what gateways send instead. */
export interface ErrorDetails {
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** Trimmed; absent when blank. */
  readonly message?: string | undefined;
  readonly planType?: string | undefined;
  /** In Unix seconds; absent if no number can represent it. */
  readonly resetsAt?: number | undefined;
  /** A status of 400 to 499 in place of a code, as gateways send it: the request is at fault. */
  readonly status?: number | undefined;
  /** True if the fields about a plan's limit have the right types: `type`, `planType` and `resetsAt`. */
  readonly limitReadable: boolean;
}

const NOTHING: ErrorDetails = { limitReadable: false };

/** True if the service gave no details. */
export function isSilent({ code, type, message }: ErrorDetails): boolean {
  return code === undefined && type === undefined && message === undefined;
}

/** Reads an `error`: an object or a text. Fields of the wrong type count as absent; a numeric code is read as its digits. */
export function readErrorDetails(error: unknown): ErrorDetails {
  if (typeof error === "string") return { message: error.trim() || undefined, limitReadable: false };
  if (!isJsonObject(error)) return NOTHING;
  const { code, type, plan_type: planType, resets_at: resetsAt } = error;
  return {
    code: textOf(code) ?? (typeof code === "number" ? String(code) : undefined),
    type: textOf(type),
    message: messageOf(error),
    planType: textOf(planType),
    resetsAt: Number.isSafeInteger(resetsAt) ? Number(resetsAt) : undefined,
    status: refusalStatus(code),
    limitReadable: isOptionalText(type) && isOptionalText(planType) && isOptionalInteger(resetsAt),
  };
}

/** The details of an answer, or of an event without a form of its own: in `error`, in `detail`, or at the top level. */
export function readDetails(answer: unknown): ErrorDetails {
  if (!isJsonObject(answer)) return NOTHING;
  const { error, type } = answer;
  if (error !== undefined && error !== null) {
    const details = readErrorDetails(error);
    if (typeof error === "string") return { ...details, message: bothOf(details.message, messageOf(answer)) };
    return isSilent(details) ? { ...details, message: messageOf(answer) } : details;
  }
  return readErrorDetails({
    code: answer.code,
    type: typeof type === "string" && TYPE_OF_ERROR.test(type) ? type : undefined,
    message: messageOf(answer),
    plan_type: answer.plan_type,
    resets_at: answer.resets_at,
  });
}

/** What of the request an error event is about. */
export function parameterOf({ param, error }: JsonObject): unknown {
  return param ?? fieldOf(error, "param");
}

/** A gateway's error in the form of an event stream: the data of its first event. */
const FIRST_DATA = /^\uFEFF?(?:(?:event|id|retry)?:.*\r?\n)*data: ?(\{.*)/;

/** The details in the text of an HTTP answer: of JSON, in a list of one too, or of an event. None for a gateway's page. */
export function readBodyDetails(body: string): ErrorDetails {
  const value = receivedJson(FIRST_DATA.exec(body)?.[1] ?? body);
  return readDetails(Array.isArray(value) ? value[0] : value);
}

/** A name, and neither the URL of `application/problem+json` nor the event's own type. */
const TYPE_OF_ERROR = /^(?!error$)\w+(?:\.\w+)*$/;

/** Some gateways give an error's name and explain it beside it: `{"error": "Bad Gateway", "message": …}`. */
function bothOf(name: string | undefined, words: string | undefined): string | undefined {
  if (name === undefined || words === undefined) return name ?? words;
  return words.includes(name) ? words : `${name}: ${words}`;
}

/** `message`, or a name that gateways use: `detail` as text or as a list, `details`, `errors`, `error_description`, `msg`, `title`. */
function messageOf(answer: Readonly<Record<string, unknown>>): string | undefined {
  const { message, detail, details, errors, error_description: description, msg, title } = answer;
  for (const words of [message, detail, details, errors, description, msg, title]) {
    const found = Array.isArray(words) ? words.map(finding).filter(Boolean).join("; ") : textOf(words)?.trim();
    if (found) return found;
  }
  return undefined;
}

function finding(entry: unknown): string | undefined {
  if (!isJsonObject(entry)) return textOf(entry);
  return textOf(entry.msg) ?? textOf(entry.message) ?? textOf(entry.detail) ?? textOf(entry.title);
}

function refusalStatus(code: unknown): number | undefined {
  const status = statusNumber(code);
  return status !== undefined && status >= 400 && status <= 499 ? status : undefined;
}

/** The HTTP status that an event gives beside its error. */
export function statusOf({ status, status_code, statusCode }: JsonObject): number | undefined {
  return statusNumber(status) ?? statusNumber(status_code) ?? statusNumber(statusCode);
}

/** An HTTP status, as a number or as digits. */
export function statusNumber(value: unknown): number | undefined {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 999 ? Number(status) : undefined;
}

const TRY_AGAIN_IN = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|s|seconds?)/i;

/** The delay that a message asks for (`Please try again in 11.054s`), in milliseconds. */
export function delayInMessage(message: string | undefined): number | undefined {
  const [, amount, unit] = TRY_AGAIN_IN.exec(message ?? "") ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const delayMs = Math.round(Number(amount) * (unit.toLowerCase() === "ms" ? 1 : 1000));
  return Number.isFinite(delayMs) ? delayMs : undefined;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

/** A 64-bit integer: if it is too late for a date it is still a number, and the other fields stay readable. */
function isOptionalInteger(value: unknown): boolean {
  return value === undefined || value === null || (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 63);
}
