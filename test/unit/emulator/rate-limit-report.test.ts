import { describe, expect, it } from "vitest";
import type { EmulatedRateLimits } from "../../../src/emulator/options/options.ts";
import { rateLimitEvents, rateLimitHeaders, sampleRateLimits } from "../../../src/emulator/rate-limit-report.ts";

const LIMITS: EmulatedRateLimits = {
  families: {
    codex: { primary: { usedPercent: 12.5, windowMinutes: 300, resetAt: 1 }, secondary: { usedPercent: 0 } },
    codex_other: { limitName: "spark", primary: { usedPercent: 70 } },
  },
  credits: { hasCredits: true, unlimited: false, balance: "17.5" },
  planType: "plus",
  promoMessage: "More!",
};

describe("the report of rate limits", () => {
  it("is a header family for each limit", () => {
    expect(rateLimitHeaders(LIMITS)).toEqual({
      "x-codex-primary-used-percent": "12.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": "1",
      "x-codex-secondary-used-percent": "0",
      "x-codex-other-limit-name": "spark",
      "x-codex-other-primary-used-percent": "70",
      "x-codex-credits-has-credits": "true",
      "x-codex-credits-unlimited": "false",
      "x-codex-credits-balance": "17.5",
      "x-codex-promo-message": "More!",
    });
  });

  it("is an event for each limit on a WebSocket, with a name unless it is the default one", () => {
    const credits = { has_credits: true, unlimited: false, balance: "17.5" };
    const shared = { type: "codex.rate_limits", plan_type: "plus", credits };
    expect(rateLimitEvents(LIMITS)).toEqual([
      {
        ...shared,
        rate_limits: {
          primary: { used_percent: 12.5, window_minutes: 300, reset_at: 1 },
          secondary: { used_percent: 0, window_minutes: null, reset_at: null },
        },
      },
      {
        ...shared,
        metered_limit_name: "codex_other",
        rate_limits: { primary: { used_percent: 70, window_minutes: null, reset_at: null }, secondary: null },
      },
    ]);
  });

  it("by default resets after whole windows from now", () => {
    const { codex } = sampleRateLimits(1000).families;
    expect(codex?.primary).toEqual({ usedPercent: 12.5, windowMinutes: 300, resetAt: 1000 + 300 * 60 });
  });
});
