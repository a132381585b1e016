import { describe, expect, test } from "vitest";
import {
  decodeRateLimitsEvent,
  promoMessage,
  type RateLimitSnapshot,
  rateLimitSnapshot,
  rateLimitSnapshots,
} from "../../../src/api/rate-limits.ts";

test("a limit without a name is the account's own", () => {
  const headers = { "x-codex-primary-used-percent": "5" };
  expect(rateLimitSnapshot(headers, " ")).toEqual(rateLimitSnapshot(headers));
});

describe("rateLimitSnapshot", () => {
  test.each<[string, Record<string, string>, Omit<RateLimitSnapshot, "limitId">]>([
    [
      "both windows in full",
      {
        "x-codex-primary-used-percent": "42.5",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": "1900000000",
        "x-codex-secondary-used-percent": "7",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-at": "1900000001",
      },
      {
        primary: { usedPercent: 42.5, windowMinutes: 300, resetsAt: 1_900_000_000 },
        secondary: { usedPercent: 7, windowMinutes: 10_080, resetsAt: 1_900_000_001 },
      },
    ],
    ["a window of used percent alone", { "x-codex-primary-used-percent": "1e1" }, { primary: { usedPercent: 10 } }],
    ["no window without used percent", { "x-codex-primary-window-minutes": "300" }, {}],
    ["no window for zero percent alone", { "x-codex-primary-used-percent": "0" }, {}],
    [
      "no window for zero percent and zero minutes",
      { "x-codex-primary-used-percent": "0.0", "x-codex-primary-window-minutes": "0" },
      {},
    ],
    [
      "a window for zero percent with minutes",
      { "x-codex-primary-used-percent": "0", "x-codex-primary-window-minutes": "5" },
      { primary: { usedPercent: 0, windowMinutes: 5 } },
    ],
    [
      "a window for zero percent with a reset",
      { "x-codex-primary-used-percent": "0", "x-codex-primary-reset-at": "9" },
      { primary: { usedPercent: 0, resetsAt: 9 } },
    ],
    ["no window for NaN", { "x-codex-primary-used-percent": "NaN" }, {}],
    ["no window for infinity", { "x-codex-primary-used-percent": "1e999" }, {}],
    ["no window for an empty percent", { "x-codex-primary-used-percent": "", "x-codex-primary-reset-at": "9" }, {}],
    ["no window for a hexadecimal percent", { "x-codex-primary-used-percent": "0x10" }, {}],
    [
      "no minutes and no reset that are not integers",
      {
        "x-codex-primary-used-percent": "5",
        "x-codex-primary-window-minutes": "1.5",
        "x-codex-primary-reset-at": "soon",
      },
      { primary: { usedPercent: 5 } },
    ],
    ["a limit name, trimmed", { "x-codex-limit-name": "  Codex  " }, { limitName: "Codex" }],
    ["no blank limit name", { "x-codex-limit-name": "  " }, {}],
    [
      "credits",
      { "x-codex-credits-has-credits": "TRUE", "x-codex-credits-unlimited": "0", "x-codex-credits-balance": " 25.50 " },
      { credits: { hasCredits: true, unlimited: false, balance: "25.50" } },
    ],
    [
      "credits without a balance",
      { "x-codex-credits-has-credits": "1", "x-codex-credits-unlimited": "False", "x-codex-credits-balance": " " },
      { credits: { hasCredits: true, unlimited: false } },
    ],
    ["no credits from one half", { "x-codex-credits-has-credits": "true", "x-codex-credits-balance": "1" }, {}],
    ["no credits from another word", { "x-codex-credits-has-credits": "yes", "x-codex-credits-unlimited": "no" }, {}],
    ["no unknown reason of a limit", { "x-codex-rate-limit-reached-type": "brand_new" }, {}],
  ])("reads %s", (_, headers, expected) => {
    expect(rateLimitSnapshot(headers)).toStrictEqual({ limitId: "codex", ...expected });
  });

  test.each([
    "rate_limit_reached",
    "workspace_owner_credits_depleted",
    "workspace_member_credits_depleted",
    "workspace_owner_usage_limit_reached",
    "workspace_member_usage_limit_reached",
  ])("reports that %s stopped the request", (type) => {
    expect(rateLimitSnapshot({ "x-codex-rate-limit-reached-type": type }).rateLimitReachedType).toBe(type);
  });

  test.each(["codex_other", "Codex-Other", " codex_other "])("finds the family of %j", (limitId) => {
    const headers = { "x-codex-other-primary-used-percent": "3", "x-codex-other-limit-name": "Other" };
    expect(rateLimitSnapshot(headers, limitId)).toStrictEqual({
      limitId: "codex_other",
      limitName: "Other",
      primary: { usedPercent: 3 },
    });
  });
});

describe("rateLimitSnapshots", () => {
  test("puts codex first, even if nothing is known of it", () => {
    expect(rateLimitSnapshots({})).toStrictEqual([{ limitId: "codex" }]);
    const ids = rateLimitSnapshots({ "x-aaa-primary-used-percent": "1" }).map((snapshot) => snapshot.limitId);
    expect(ids).toEqual(["codex", "aaa"]);
  });

  test("sorts the other families by id and writes ids with underscores", () => {
    const ids = rateLimitSnapshots({
      "x-zeta-primary-used-percent": "1",
      "x-codex-secondary-primary-used-percent": "2",
      "x-codex-primary-used-percent": "3",
      "x-alpha-primary-used-percent": "4",
    }).map((snapshot) => snapshot.limitId);
    expect(ids).toEqual(["codex", "alpha", "codex_secondary", "zeta"]);
  });

  test("leaves out a family without window and credits, and keeps it when the account has credits", () => {
    const empty = { "x-codex-other-primary-used-percent": "0" };
    expect(rateLimitSnapshots(empty)).toHaveLength(1);
    const credits = { hasCredits: false, unlimited: true };
    const headers = { ...empty, "x-codex-credits-has-credits": "false", "x-codex-credits-unlimited": "true" };
    expect(rateLimitSnapshots(headers)).toStrictEqual([
      { limitId: "codex", credits },
      { limitId: "codex_other", credits },
    ]);
  });

  test("finds no family in a secondary window alone or in a header without a name", () => {
    const headers = {
      "x-other-secondary-used-percent": "5",
      "x--primary-used-percent": "5",
      "other-primary-used-percent": "5",
    };
    expect(rateLimitSnapshots(headers)).toStrictEqual([{ limitId: "codex" }]);
  });
});

describe("promoMessage", () => {
  test.each([
    [" Buy more ", "Buy more"],
    ["  ", undefined],
    [undefined, undefined],
  ])("reads %j as %j", (value, expected) => {
    expect(promoMessage(value === undefined ? {} : { "x-codex-promo-message": value })).toBe(expected);
  });
});

describe("decodeRateLimitsEvent", () => {
  test("reads an event in full, and only uses its id as the limit's name", () => {
    const event = {
      type: "codex.rate_limits",
      plan_type: "plus",
      rate_limits: {
        primary: { used_percent: 42, window_minutes: 60, reset_at: 1_700_000_000 },
        secondary: { used_percent: 0, window_minutes: null, reset_at: null },
      },
      credits: { has_credits: true, unlimited: false, balance: "12" },
      metered_limit_name: "Codex-Other",
      limit_name: "codex_third",
    };
    expect(decodeRateLimitsEvent(event)).toStrictEqual({
      limitId: "codex_other",
      primary: { usedPercent: 42, windowMinutes: 60, resetsAt: 1_700_000_000 },
      secondary: { usedPercent: 0 },
      credits: { hasCredits: true, unlimited: false, balance: "12" },
      planType: "plus",
    });
  });

  test.each([
    [{ limit_name: "codex-third" }, "codex_third"],
    [{ metered_limit_name: null, limit_name: null }, "codex"],
    [{ metered_limit_name: " " }, "codex"],
    [{}, "codex"],
  ])("reads the id of %j", (event, limitId) => {
    expect(decodeRateLimitsEvent(event)).toStrictEqual({ limitId });
  });

  test.each<[unknown, string | undefined]>([
    ...["free", "go", "plus", "pro", "team", "business", "enterprise", "edu"].map((plan): [string, string] => [
      plan,
      plan,
    ]),
    ["galactic", "unknown"],
    ["Plus", "unknown"],
    [null, undefined],
    [5, undefined],
  ])("reads the plan %j as %j", (plan_type, planType) => {
    expect(decodeRateLimitsEvent({ plan_type }).planType).toBe(planType);
  });

  test.each<object>([
    { rate_limits: { primary: { window_minutes: 5 } } },
    { rate_limits: { primary: "full", secondary: null } },
    { rate_limits: null, credits: null },
    { credits: { has_credits: true } },
    { credits: { has_credits: "true", unlimited: false } },
  ])("leaves out what does not have its documented form: %j", (event) => {
    expect(decodeRateLimitsEvent({ ...event })).toStrictEqual({ limitId: "codex" });
  });
});
