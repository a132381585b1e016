import { describe, expect, it } from "vitest";
import { mapHttpError } from "../../../../src/api/refusal/answer.ts";
import { mapErrorEvent, mapFailedResponse } from "../../../../src/api/refusal/event.ts";
import { HttpError } from "../../../../src/client/failure/kinds.ts";

/** Each code, what it is a kind of, and the advice that goes with it. */
const CODES: readonly (readonly [code: string, kind: string, advice: RegExp])[] = [
  ["context_length_exceeded", "context_window_exceeded", /context window\. Compact or shorten the history/],
  ["insufficient_quota", "quota_exceeded", /^Quota exceeded\. Check the plan/],
  ["credit_balance_exhausted", "quota_exceeded", /Check the plan/],
  ["organization_spend_limit_exceeded", "quota_exceeded", /Check the plan/],
  ["project_spend_limit_exceeded", "quota_exceeded", /Check the plan/],
  ["budget_reached", "quota_exceeded", /Check the plan/],
  ["session_budget_exceeded", "quota_exceeded", /Check the plan/],
  ["usage_not_included", "usage_not_included", /does not include this use\. Upgrade the plan/],
  ["access_program_not_enabled", "usage_not_included", /\(access_program_not_enabled\)\. Ask the person who manages/],
  ["invalid_access_program", "usage_not_included", /\(invalid_access_program\)\. Ask the person who manages/],
  ["workspace_access_denied", "usage_not_included", /\(workspace_access_denied\)\. Ask the person who manages/],
  ["inference_hook_denied", "usage_not_included", /\(inference_hook_denied\)\. Ask the person who manages/],
  ["usage_limit_reached", "usage_limit_reached", /^The usage limit is reached\. Wait for the reset/],
  ["server_is_overloaded", "server_overloaded", /^The model is at capacity\. Choose another model/],
  ["invalid_prompt", "invalid_request", /^Invalid request\.$/],
  ["model_not_found", "invalid_request", /^Invalid request\.$/],
  ["tool_collision", "invalid_request", /^Invalid request\.$/],
  ["audio_too_large", "invalid_request", /^Invalid request\.$/],
  ["invalid_audio", "invalid_request", /^Invalid request\.$/],
  ["invalid_audio_data", "invalid_request", /^Invalid request\.$/],
  ["invalid_audio_format", "invalid_request", /^Invalid request\.$/],
  ["missing_audio_sample_rate", "invalid_request", /^Invalid request\.$/],
  [
    "invalid_encrypted_content",
    "invalid_request",
    /^The service cannot decrypt a reasoning item of the input\. Leave reasoning items/,
  ],
  ["empty_image_file", "invalid_request", /^The service cannot use an image of the request\. Remove the image/],
  ["unsupported_image_media_type", "invalid_request", /Remove the image/],
  ["failed_to_download_image", "invalid_request", /Remove the image/],
  ["invalid_image", "invalid_request", /Remove the image/],
  ["invalid_image_url", "invalid_request", /Remove the image/],
  ["image_too_small", "invalid_request", /Remove the image/],
  ["cyber_policy", "invalid_request", /usage policy forbids this request \(cyber_policy\)\.$/],
  ["bio_policy", "invalid_request", /\(bio_policy\)\.$/],
  ["content_policy_violation", "invalid_request", /\(content_policy_violation\)\.$/],
  ["misalignment_policy_violation", "invalid_request", /\(misalignment_policy_violation\)\.$/],
  ["flex_unavailable", "retryable", /^The service failed with code flex_unavailable\. Send the request again\.$/],
  ["policy_capacity_unavailable", "retryable", /Send the request again\.$/],
  ["slow_down", "retryable", /Send the request again\.$/],
  ["vector_store_timeout", "retryable", /Send the request again\.$/],
  ["a_code_nobody_knows", "retryable", /^The service failed with code a_code_nobody_knows\. Send the request again\.$/],
];

it("a failure without any detail is retryable", () => {
  expect(mapFailedResponse({})).toMatchObject({
    kind: "retryable",
    message: "The service failed without giving a reason. Send the request again.",
  });
});

it("an unknown previous response gets advice, unless the service gives it", () => {
  const written = { type: "error", error: { code: "previous_response_not_found" } };
  expect(mapErrorEvent(written, JSON.stringify(written))).toMatchObject({
    kind: "retryable",
    message:
      "The previous response is not known on this connection. Send the full input, without previous_response_id.",
  });
});

describe.each(CODES)("code %s", (code, kind, advice) => {
  it(`is ${kind} in an event, whether it is its code or its type`, () => {
    const written = { type: "error", error: { code } };
    expect(mapErrorEvent(written, JSON.stringify(written))).toMatchObject({
      kind,
      code,
      message: expect.stringMatching(advice),
    });
    const asType = { type: "error", error: { type: code } };
    expect(mapErrorEvent(asType, JSON.stringify(asType))).toMatchObject({ kind });
    expect(mapFailedResponse({ code })).toMatchObject({ kind });
  });

  it("keeps the service's own words, followed by the advice", () => {
    const written = { type: "error", error: { code, message: "In the service's words" } };
    const { message } = mapErrorEvent(written, JSON.stringify(written));
    if (kind === "usage_limit_reached") expect(message).toMatch(advice);
    else expect(message).toMatch(/^In the service's words/);
  });

  it("means the same in the body of an answer, if it is listed for those", () => {
    if (code === "a_code_nobody_knows") return;
    const status = kind === "usage_limit_reached" || kind === "usage_not_included" ? 429 : 400;
    const body = JSON.stringify({ error: { code, type: code } });
    const mapped = mapHttpError(new HttpError("refused", { status, headers: {}, body }), 0);
    expect(mapped).toMatchObject({ kind, status });
  });
});

it.each([
  ["websocket_connection_limit_reached", /60 minutes/],
  ["previous_response_not_found", /Send the full input, without previous_response_id/],
])("%s is about the connection, and is retried", (code, advice) => {
  const written = { type: "error", status: 400, error: { code } };
  expect(mapErrorEvent(written, JSON.stringify(written))).toMatchObject({
    kind: "retryable",
    code,
    message: expect.stringMatching(advice),
  });
});

it.each([undefined, "server_is_overloaded", "insufficient_quota"])(
  "a refused handshake has sent no request, whatever its status and code: %s",
  (code) => {
    const body = JSON.stringify({ error: { code } });
    const http = { status: 500, url: "ws://localhost/", headers: {}, body };
    expect(mapHttpError(new HttpError("refused", { ...http, replay: "safe" }))).toMatchObject({ replay: "safe" });
    expect(mapHttpError(new HttpError("refused", http))).toMatchObject({ replay: "unsafe" });
  },
);

it("a model that is only served over HTTP has the outlook elsewhere, and is safe to replay", () => {
  const message = "Model m is not supported over WebSocket.";
  const written = { type: "error", error: { type: "invalid_request_error", message, param: "model" } };
  expect(mapErrorEvent(written, JSON.stringify(written))).toMatchObject({
    kind: "invalid_request",
    message: expect.stringContaining(message),
    outlook: "elsewhere",
    replay: "safe",
  });
});

it("a usage limit has the limits of the headers, even a single one, and none without headers", () => {
  const limitOf = (headers: Record<string, string>) =>
    mapHttpError(
      new HttpError("refused", { status: 429, headers, body: '{"error":{"type":"usage_limit_reached"}}' }),
      0,
    ) as unknown as { readonly rateLimits?: object };
  expect(limitOf({ "x-codex-primary-used-percent": "100" }).rateLimits).toMatchObject({
    primary: { usedPercent: 100 },
  });
  expect(limitOf({}).rateLimits).toBeUndefined();
});
