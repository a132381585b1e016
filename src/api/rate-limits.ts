import type { HeaderMap } from "../client/headers.ts";
import { withoutUndefined } from "../client/options.ts";
import { header, headerText } from "./headers.ts";
import { isJsonObject, type JsonObject, objectOf, textOf, trimmed } from "./wire/json.ts";

/** One time window of a limit. */
export interface RateLimitWindow {
  /** 0 to 100. */
  readonly usedPercent: number;
  readonly windowMinutes?: number | undefined;
  /** In Unix seconds. */
  readonly resetsAt?: number | undefined;
}

export interface CreditsSnapshot {
  readonly hasCredits: boolean;
  readonly unlimited: boolean;
  readonly balance?: string | undefined;
}

const REACHED_TYPES = [
  "rate_limit_reached",
  "workspace_owner_credits_depleted",
  "workspace_member_credits_depleted",
  "workspace_owner_usage_limit_reached",
  "workspace_member_usage_limit_reached",
] as const;
/** Which limit stopped a request, and whether it is the user's or the workspace's. The Rust client of March 2026 does not have it. */
export type RateLimitReachedType = (typeof REACHED_TYPES)[number];

const PLAN_TYPES = ["free", "go", "plus", "pro", "team", "business", "enterprise", "edu"] as const;
export type PlanType = (typeof PLAN_TYPES)[number] | "unknown";

/** State of one limit family, as the service last reported it. */
export interface RateLimitSnapshot {
  /** Lower case, with `_` between words: `codex`, `codex_other`, … */
  readonly limitId: string;
  readonly limitName?: string | undefined;
  readonly primary?: RateLimitWindow | undefined;
  readonly secondary?: RateLimitWindow | undefined;
  readonly credits?: CreditsSnapshot | undefined;
  readonly planType?: PlanType | undefined;
  readonly rateLimitReachedType?: RateLimitReachedType | undefined;
}

const DEFAULT_LIMIT = "codex";
const FAMILY = /^x-(.+)-primary-used-percent$/;
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * All limit families in the response headers: `codex` first, even if nothing is known of it, then the others by id, if they have a window
 * or credits.
 */
export function rateLimitSnapshots(headers: HeaderMap): RateLimitSnapshot[] {
  const others = new Set<string>();
  for (const name in headers) {
    const family = FAMILY.exec(name)?.[1];
    if (family !== undefined) others.add(limitIdOf(family));
  }
  others.delete(DEFAULT_LIMIT);
  const snapshots = [rateLimitSnapshot(headers)];
  for (const limitId of [...others].sort()) {
    const snapshot = rateLimitSnapshot(headers, limitId);
    if (snapshot.primary || snapshot.secondary || snapshot.credits) snapshots.push(snapshot);
  }
  return snapshots;
}

/** One family, perhaps empty. Credits and the reached limit belong to the account, so every family has them. */
export function rateLimitSnapshot(headers: HeaderMap, limitId: string = DEFAULT_LIMIT): RateLimitSnapshot {
  const id = limitIdOf(limitId.trim() || DEFAULT_LIMIT);
  const prefix = `x-${id.replaceAll("_", "-")}`;
  return withoutUndefined({
    limitId: id,
    limitName: trimmed(headerText(headers, `${prefix}-limit-name`)),
    primary: headerWindow(headers, `${prefix}-primary`),
    secondary: headerWindow(headers, `${prefix}-secondary`),
    credits: headerCredits(headers),
    rateLimitReachedType: REACHED_TYPES.find((type) => type === headers["x-codex-rate-limit-reached-type"]),
  });
}

/** A text from the service for users who reached a limit. */
export function promoMessage(headers: HeaderMap): string | undefined {
  return trimmed(headerText(headers, header.promoMessage));
}

/** The `codex.rate_limits` event of a WebSocket stream. Parts in an unknown form are left out. */
export function decodeRateLimitsEvent(event: JsonObject): RateLimitSnapshot {
  const limits = objectOf(event.rate_limits) ?? {};
  const id = textOf(event.metered_limit_name) ?? textOf(event.limit_name);
  return withoutUndefined({
    limitId: limitIdOf(id?.trim() || DEFAULT_LIMIT),
    primary: eventWindow(limits.primary),
    secondary: eventWindow(limits.secondary),
    credits: eventCredits(event.credits),
    planType: planType(event.plan_type),
  });
}

function limitIdOf(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

function headerWindow(headers: HeaderMap, prefix: string): RateLimitWindow | undefined {
  const usedPercent = numberIn(headers[`${prefix}-used-percent`], NUMBER);
  if (usedPercent === undefined || !Number.isFinite(usedPercent)) return undefined;
  const windowMinutes = integerIn(headers[`${prefix}-window-minutes`]);
  const resetsAt = integerIn(headers[`${prefix}-reset-at`]);
  if (usedPercent === 0 && !windowMinutes && resetsAt === undefined) return undefined;
  return withoutUndefined({ usedPercent, windowMinutes, resetsAt });
}

function headerCredits(headers: HeaderMap): CreditsSnapshot | undefined {
  const hasCredits = booleanIn(headers["x-codex-credits-has-credits"]);
  const unlimited = booleanIn(headers["x-codex-credits-unlimited"]);
  if (hasCredits === undefined || unlimited === undefined) return undefined;
  return withoutUndefined({ hasCredits, unlimited, balance: trimmed(headerText(headers, "x-codex-credits-balance")) });
}

function eventWindow(value: unknown): RateLimitWindow | undefined {
  if (!isJsonObject(value) || typeof value.used_percent !== "number") return undefined;
  return withoutUndefined({
    usedPercent: value.used_percent,
    windowMinutes: integer(value.window_minutes),
    resetsAt: integer(value.reset_at),
  });
}

function eventCredits(value: unknown): CreditsSnapshot | undefined {
  if (!isJsonObject(value)) return undefined;
  const { has_credits: hasCredits, unlimited } = value;
  if (typeof hasCredits !== "boolean" || typeof unlimited !== "boolean") return undefined;
  return withoutUndefined({ hasCredits, unlimited, balance: trimmed(value.balance) });
}

function planType(value: unknown): PlanType | undefined {
  if (typeof value !== "string") return undefined;
  return PLAN_TYPES.find((known) => known === value) ?? "unknown";
}

function numberIn(value: string | undefined, form: RegExp): number | undefined {
  return value !== undefined && form.test(value) ? Number(value) : undefined;
}

function integerIn(value: string | undefined): number | undefined {
  return integer(numberIn(value, INTEGER));
}

function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

function booleanIn(value: string | undefined): boolean | undefined {
  switch (value?.toLowerCase()) {
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      return undefined;
  }
}
