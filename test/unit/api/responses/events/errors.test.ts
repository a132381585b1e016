import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../../src/api/wire/json.ts";
import { decode, errorOf } from "./support.ts";

describe("an error among the events", () => {
  test.each<[JsonObject, string]>([
    [
      { type: "response.failed", response: { id: "r", error: { code: "context_length_exceeded" } } },
      "context_window_exceeded",
    ],
    [{ type: "response.failed", response: { id: "r" } }, "stream"],
    [{ type: "error", error: { type: "insufficient_quota", code: "insufficient_quota" } }, "quota_exceeded"],
    [{ type: "error", code: "server_error", message: "boom" }, "retryable"],
  ])("fails the stream at once on %j", (event, kind) => {
    expect(errorOf(event).kind).toBe(kind);
  });

  test.each([
    [{ error: { message: "no credit", type: "insufficient_quota", code: null } }, "quota_exceeded"],
    [{ error: { message: "boom", type: "None", param: "None", code: "500" } }, "retryable"],
    [{ detail: "boom" }, "retryable"],
    [{ detail: [{ msg: "boom" }] }, "retryable"],
    [{ code: 500, details: "boom" }, "retryable"],
    [{ code: "invalid_request", message: "boom" }, "retryable"],
    [{ message: "Internal server error", connectionId: "c", requestId: "r" }, "retryable"],
    [{ error: "boom", message: "It went wrong." }, "retryable"],
    [{ statusCode: 502, message: "boom", error: "Bad Gateway" }, "http"],
    [{ errors: [{ message: "boom" }] }, "retryable"],
    [{ type: null, message: "boom" }, "retryable"],
    [{ type: "", detail: "boom" }, "retryable"],
  ])("fails the stream if a gateway sends it without a type: %j", (event, kind) => {
    expect(decode(event)).toMatchObject({ type: "end", outcome: { type: "failed", error: { kind } } });
  });

  // parity: error/type-of-gateways
  test.each([
    [{ object: "error", type: "BadRequestError", message: "boom", param: null, code: 400 }, "invalid_request"],
    [{ object: "error", type: "NotFoundError", message: "boom", code: 404 }, "http"],
    [{ object: "error", type: "whatever", message: null }, "retryable"],
    [{ type: "RateLimitError", message: "boom", code: 429 }, "rate_limit"],
    [{ type: "litellm.exceptions.InternalServerError", message: "boom" }, "retryable"],
    [{ type: "invalid_request_error", message: "boom", code: null }, "invalid_request"],
    [{ type: "insufficient_quota", message: "boom" }, "quota_exceeded"],
    [{ type: "upstream", error: { message: "boom" } }, "retryable"],
    [{ type: "upstream", error: "boom" }, "retryable"],
    [{ type: "ValidationError", detail: [{ msg: "boom" }] }, "retryable"],
    [{ type: "problem", status: 503, message: "boom" }, "http"],
    [{ type: "problem", status: 400, message: "boom" }, "invalid_request"],
    [{ type: "about:blank", title: "boom", status: 502 }, "http"],
    [{ type: "https://example.test/problems/busy", detail: "boom", status: "429" }, "rate_limit"],
  ])("fails the stream if a gateway sends it with a type of its own: %j", (event, kind) => {
    const error = errorOf(event);
    expect(error.kind).toBe(kind);
    if (JSON.stringify(event).includes("boom")) expect(error.message).toContain("boom");
  });

  // parity: error/type-of-gateways
  test.each([
    { type: "response.notice", message: "boom" },
    { type: "response.mcp_call.failed", error: { message: "boom" } },
    { type: "codex.notice", message: "boom", code: 400, status: 400, object: "error" },
    { type: "service.rate_limit_error", message: "boom" },
    { type: "notice", message: "boom" },
    { type: "notice", message: "boom", code: "deprecated_model", error: null },
    { type: "notice", message: "boom", status: "in_progress", detail: null },
    { type: "notice", message: "boom", status: 399 },
    { type: "keepalive", message: "boom" },
    { type: "error_count", count: 5 },
    { type: "BadRequestError" },
  ])("is not seen in %j, which may be a new event of the service", (event) => {
    expect(decode(event)).toEqual({ type: "skipped", reason: "unknown type" });
  });
});
