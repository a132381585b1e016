import { describe, expect, test } from "vitest";
import { mapHttpError } from "../../../../src/api/refusal/answer.ts";
import { mapErrorEvent, mapFailedResponse } from "../../../../src/api/refusal/event.ts";
import type { CodexApiError } from "../../../../src/api/refusal/kinds.ts";
import { HttpError } from "../../../../src/client/failure/kinds.ts";

const URL_SENT = "https://api.example/v1/responses";

function httpError(status: number, body: unknown, headers: Record<string, string> = {}): HttpError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new HttpError(`http ${status}`, { status, url: URL_SENT, headers, body: text });
}

/** Beside its text, as every event comes. */
function mapEvent(event: Readonly<Record<string, unknown>>): CodexApiError {
  return mapErrorEvent(event, JSON.stringify(event));
}

/** `code` → kind, wherever it arrives. */
const table: readonly (readonly [string, string])[] = [
  ["context_length_exceeded", "context_window_exceeded"],
  ["insufficient_quota", "quota_exceeded"],
  ["credit_balance_exhausted", "quota_exceeded"],
  ["organization_spend_limit_exceeded", "quota_exceeded"],
  ["project_spend_limit_exceeded", "quota_exceeded"],
  ["usage_not_included", "usage_not_included"],
  ["usage_limit_reached", "usage_limit_reached"],
  ["server_is_overloaded", "server_overloaded"],
  ["slow_down", "retryable"],
  ["invalid_prompt", "invalid_request"],
  ["cyber_policy", "invalid_request"],
  ["bio_policy", "invalid_request"],
  ["misalignment_policy_violation", "invalid_request"],
  ["flex_unavailable", "retryable"],
];

describe("the table of codes", () => {
  test.each(table)("%s is %s in response.failed, in an error event and in any HTTP answer", (code, kind) => {
    const error = { code, message: "because" };
    const all = [
      mapFailedResponse(error),
      mapEvent({ type: "error", error }),
      mapEvent({ type: "error", ...error }),
      ...[400, 403, 429, 500, 503].map((status) => mapHttpError(httpError(status, { error }))),
    ];
    expect(new Set(all.map((mapped) => mapped.kind))).toEqual(new Set([kind]));
    expect(new Set(all.map((mapped) => (mapped as CodexApiError & { code: string }).code))).toEqual(new Set([code]));
    expect(all.every((mapped) => mapped.retryable === (kind === "retryable"))).toBe(true);
  });

  test.each(table)("%s counts as a type if there is no code, but not in response.failed", (type, kind) => {
    const error = { type, code: null, message: "because" };
    expect(mapEvent({ type: "error", error }).kind).toBe(kind);
    expect(mapHttpError(httpError(500, { error })).kind).toBe(kind);
    expect(mapFailedResponse(error)).toMatchObject({ kind: "retryable", code: type });
  });

  test.each<[string, string]>([
    [
      "context_length_exceeded",
      "Input and answer do not fit into the model's context window. Compact or shorten the history, or start a new conversation.",
    ],
    ["insufficient_quota", "Quota exceeded. Check the plan, the credits and the spending limits of the account."],
    [
      "usage_not_included",
      "The plan of this account does not include this use. Upgrade the plan (https://chatgpt.com/explore/plus) or use an API key.",
    ],
    ["server_is_overloaded", "The model is at capacity. Choose another model, or try again later."],
    ["invalid_prompt", "Invalid request."],
    ["cyber_policy", "The service's usage policy forbids this request (cyber_policy)."],
    ["flex_unavailable", "The service failed with code flex_unavailable. Send the request again."],
    [
      "usage_limit_reached",
      "The usage limit is reached. Wait for the reset, or see https://chatgpt.com/codex/settings/usage for more credits.",
    ],
  ])("%s says what to do even if the service says nothing", (code, message) => {
    expect(mapFailedResponse({ code }).message).toBe(message);
  });

  test("the service's own words come first", () => {
    const message = "Too long by 12 tokens";
    expect(mapFailedResponse({ code: "context_length_exceeded", message }).message).toMatch(
      /^Too long by 12 tokens\. Compact/,
    );
    expect(mapFailedResponse({ code: "invalid_prompt", message }).message).toBe(message);
  });
});

describe("mapFailedResponse", () => {
  test.each<[unknown, number | undefined]>([
    [{ code: "rate_limit_exceeded", message: "Please try again in 28ms." }, 28],
    [{ code: "rate_limit_exceeded", message: "Please try again in 28 MS." }, 28],
    [{ code: "rate_limit_exceeded", message: "Please try again in 11.054s." }, 11_054],
    [{ code: "rate_limit_exceeded", message: "Please try again in 1.005s." }, 1005],
    [{ code: "rate_limit_exceeded", message: "Please TRY AGAIN IN 35 Seconds" }, 35_000],
    [{ code: "rate_limit_exceeded", message: "try again in1 second" }, 1000],
    [{ code: "rate_limit_exceeded", message: "try again in 2 minutes" }, undefined],
    [{ code: "rate_limit_exceeded", message: "try again later" }, undefined],
    [{ code: "rate_limit_exceeded", message: `try again in ${"9".repeat(400)}s` }, undefined],
    [{ code: "rate_limit_exceeded" }, undefined],
    [{ code: "server_error", message: "Please try again in 28ms." }, undefined],
    [{ message: "Please try again in 28ms." }, undefined],
    [{}, undefined],
  ])("maps %j to a retryable error with its delay", (error, retryAfterMs) => {
    const mapped = mapFailedResponse(error);
    expect(mapped).toMatchObject({ kind: "retryable", retryable: true });
    expect(mapped.retryAfterMs).toBe(retryAfterMs);
  });

  test("keeps the service's message and code", () => {
    const mapped = mapFailedResponse({ code: "server_error", type: "x", message: "boom" });
    expect(mapped).toMatchObject({ message: "boom", code: "server_error" });
  });

  test("uses the type as the code if the service gives no code", () => {
    const error = { type: "server_error", code: null };
    expect(mapFailedResponse(error)).toHaveProperty("code", "server_error");
    expect(mapHttpError(httpError(400, { error }))).toHaveProperty("code", "server_error");
  });

  test.each([undefined, null, " ", 5, []])("maps %j, which is not an error object, to a broken stream", (error) => {
    const mapped = mapFailedResponse(error);
    expect([mapped.kind, mapped.message]).toEqual(["stream", "response.failed event received"]);
  });

  // parity: error/words-of-gateways
  test.each<[unknown, object]>([
    ["boom", { message: "boom" }],
    [
      { code: 5, message: "boom" },
      { message: "boom", code: "5" },
    ],
    [{ message: {}, type: "server_error" }, { code: "server_error" }],
    [
      { code: "x", details: "boom" },
      { message: "boom", code: "x" },
    ],
    [{ detail: [{ msg: "a" }, { msg: "b" }] }, { message: "a; b" }],
  ])("keeps the text of %j, wherever it is", (error, told) => {
    expect(mapFailedResponse(error)).toMatchObject({ kind: "retryable", ...told });
  });

  test.each([
    "invalid_encrypted_content",
    "invalid_image_url",
    "image_too_large",
    "empty_image_file",
    "model_not_found",
    "tool_collision",
  ])("%s is final", (code) => {
    expect(mapFailedResponse({ code, message: "no" })).toMatchObject({ kind: "invalid_request", outlook: "never" });
  });

  test("the type invalid_request_error is final if no code says more", () => {
    const error = { type: "invalid_request_error", message: "bad field" };
    expect(mapFailedResponse(error)).toMatchObject({ kind: "invalid_request", message: "bad field" });
    expect(mapEvent({ type: "error", error })).toMatchObject({ kind: "invalid_request" });
    expect(mapFailedResponse({ ...error, code: "rate_limit_exceeded" })).toMatchObject({ kind: "invalid_request" });
  });

  test("the delay of a failure may be in headers of its own", () => {
    const error = { code: "rate_limit_exceeded", headers: { "Retry-After": "2" } };
    expect(mapFailedResponse(error)).toMatchObject({ kind: "retryable", retryAfterMs: 2000 });
  });

  test("reports when a usage limit resets, and the plan", () => {
    const mapped = mapFailedResponse({ code: "usage_limit_reached", plan_type: "plus", resets_at: 1_700_000_000 });
    expect(mapped).toMatchObject({
      kind: "usage_limit_reached",
      planType: "plus",
      resetsAt: 1_700_000_000,
      retryable: false,
    });
    expect(mapped.message).toContain("(plan: plus). It resets at 2023-11-14T22:13:20.000Z.");
  });
});

describe("mapErrorEvent", () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ["details in error", { error: { code: "server_error", message: "boom" } }, "retryable", "boom"],
    ["details beside type", { code: "server_error", message: "boom", param: null }, "retryable", "boom"],
    ["a text as error", { error: "boom" }, "retryable", "boom"],
    [
      "a rate limit with its delay",
      { error: { code: "rate_limit_exceeded", message: "try again in 1s" } },
      "retryable",
      "try again in 1s",
    ],
    [
      "a status, as a WebSocket frame has it",
      { status: 401, error: { message: "no" } },
      "http",
      "unexpected status 401 Unauthorized: no",
    ],
    ["nothing at all", {}, "stream", "error event received"],
    ["an empty error", { error: {} }, "stream", "error event received"],
  ])("reads %s", (_, event, kind, message) => {
    const mapped = mapEvent({ type: "error", ...event });
    expect(mapped.kind).toBe(kind);
    expect(mapped.message).toContain(message);
  });
});
