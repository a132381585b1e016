import { isJsonObject } from "./wire/json.ts";

/** What a refusal says of itself, wherever it arrived: the `error` object of an answer, an event or a frame. */
export interface ErrorDetails {
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  /** Trimmed; absent when blank. */
  readonly message?: string | undefined;
  readonly planType?: string | undefined;
  /** Unix seconds; absent where no number can hold them. */
  readonly resetsAt?: number | undefined;
  /** An object of which each field above, where it is there, has its type. */
  readonly wellFormed: boolean;
  /** The same of the fields that tell of a plan's limit: `type`, `planType` and `resetsAt`. */
  readonly limitReadable: boolean;
}

const NOTHING: ErrorDetails = { wellFormed: false, limitReadable: false };

/** Reads an `error` object. What is not of its type counts as absent. */
export function readErrorDetails(error: unknown): ErrorDetails {
  if (!isJsonObject(error)) return NOTHING;
  const { code, type, message, plan_type: planType, resets_at: resetsAt } = error;
  const limitReadable = isOptionalText(type) && isOptionalText(planType) && isOptionalInteger(resetsAt);
  return {
    code: text(code),
    type: text(type),
    message: text(message)?.trim() || undefined,
    planType: text(planType),
    resetsAt: Number.isSafeInteger(resetsAt) ? Number(resetsAt) : undefined,
    wellFormed: limitReadable && isOptionalText(code) && isOptionalText(message),
    limitReadable,
  };
}

/** The details in the text of an HTTP answer. */
export function readBodyDetails(body: string): ErrorDetails {
  try {
    const parsed: unknown = JSON.parse(body);
    return isJsonObject(parsed) ? readErrorDetails(parsed.error) : NOTHING;
  } catch {
    return NOTHING; // a gateway's page, or nothing at all
  }
}

const TRY_AGAIN_IN = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|s|seconds?)/i;

/** The delay that a message asks for (`Please try again in 11.054s`), in milliseconds. */
export function delayInMessage(message: string | undefined): number | undefined {
  const [, amount, unit] = TRY_AGAIN_IN.exec(message ?? "") ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const delayMs = Math.round(Number(amount) * (unit.toLowerCase() === "ms" ? 1 : 1000));
  return Number.isFinite(delayMs) ? delayMs : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

/** One of 64 bits: too late for any date it is still a number, and leaves the rest readable. */
function isOptionalInteger(value: unknown): boolean {
  return value === undefined || value === null || (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 63);
}
