import type { Fields } from "./fields.ts";
import type { EmulatedRateLimits, LimitFamily, LimitWindow } from "./options/options.ts";

/** An account that has used some of its limits, with a second family. Reset times are whole windows after `nowSeconds`. */
export function sampleRateLimits(nowSeconds: number): EmulatedRateLimits {
  const window = (usedPercent: number, windowMinutes: number): LimitWindow => ({
    usedPercent,
    windowMinutes,
    resetAt: nowSeconds + windowMinutes * 60,
  });
  return {
    families: {
      codex: { primary: window(12.5, 300), secondary: window(4, 10_080) },
      codex_other: { limitName: "gpt-emulated-spark", primary: window(70, 60) },
    },
    credits: { hasCredits: true, unlimited: false, balance: "17.5" },
    planType: "plus",
  };
}

/** The header families of an answer. */
export function rateLimitHeaders(limits: EmulatedRateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [id, family] of Object.entries(limits.families)) {
    const prefix = `x-${id.toLowerCase().replaceAll("_", "-")}`;
    if (family.limitName !== undefined) headers[`${prefix}-limit-name`] = family.limitName;
    for (const name of ["primary", "secondary"] as const) {
      const window = family[name];
      if (!window) continue;
      headers[`${prefix}-${name}-used-percent`] = String(window.usedPercent);
      if (window.windowMinutes !== undefined)
        headers[`${prefix}-${name}-window-minutes`] = String(window.windowMinutes);
      if (window.resetAt !== undefined) headers[`${prefix}-${name}-reset-at`] = String(window.resetAt);
    }
  }
  const { credits, promoMessage } = limits;
  if (credits) {
    headers["x-codex-credits-has-credits"] = String(credits.hasCredits);
    headers["x-codex-credits-unlimited"] = String(credits.unlimited);
    if (credits.balance !== undefined) headers["x-codex-credits-balance"] = credits.balance;
  }
  if (promoMessage !== undefined) headers["x-codex-promo-message"] = promoMessage;
  return headers;
}

/** The `codex.rate_limits` events of a WebSocket, where answers have no headers: one per family. */
export function rateLimitEvents(limits: EmulatedRateLimits): readonly Fields[] {
  return Object.entries(limits.families).map(([id, family]) => ({
    type: "codex.rate_limits",
    ...(limits.planType !== undefined && { plan_type: limits.planType }),
    rate_limits: windowsOf(family),
    ...(id === "codex" ? {} : { metered_limit_name: id }),
    ...(limits.credits && {
      credits: {
        has_credits: limits.credits.hasCredits,
        unlimited: limits.credits.unlimited,
        balance: limits.credits.balance ?? null,
      },
    }),
  }));
}

function windowsOf(family: LimitFamily): Fields {
  const windowOf = (window: LimitWindow | undefined): Fields | null =>
    window
      ? {
          used_percent: window.usedPercent,
          window_minutes: window.windowMinutes ?? null,
          reset_at: window.resetAt ?? null,
        }
      : null;
  return { primary: windowOf(family.primary), secondary: windowOf(family.secondary) };
}
