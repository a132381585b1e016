import { describe, expect, test } from "vitest";
import { mapHttpError } from "../../../../src/api/refusal/answer.ts";
import type { CodexApiError } from "../../../../src/api/refusal/kinds.ts";
import { HttpError } from "../../../../src/client/failure/kinds.ts";

const URL_SENT = "https://api.example/v1/responses";

function httpError(status: number, body: unknown, headers: Record<string, string> = {}): HttpError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new HttpError(`http ${status}`, { status, url: URL_SENT, headers, body: text });
}

describe("mapHttpError", () => {
  test.each<[number, unknown, string]>([
    [400, { error: { message: "bad" } }, "invalid_request"],
    [401, { error: { code: "invalid_api_key" } }, "http"],
    [402, "", "http"],
    [403, "", "http"],
    [404, { error: { code: "model_not_found" } }, "invalid_request"],
    [408, "", "http"],
    [413, "", "http"],
    [426, "", "http"],
    [429, "", "rate_limit"],
    [429, { error: { code: "rate_limit_exceeded" } }, "rate_limit"],
    [429, { error: { type: "usage_limit_reached" } }, "usage_limit_reached"],
    [429, { error: { type: "usage_limit_reached", resets_at: 1 } }, "usage_limit_reached"],
    [429, { error: { type: "usage_limit_reached", resets_at: 1.5 } }, "rate_limit"],
    [429, { error: { type: "usage_limit_reached", resets_at: "1" } }, "rate_limit"],
    [429, { error: { type: "usage_limit_reached", resets_at: 2 ** 63 } }, "rate_limit"],
    [429, { error: { type: "usage_limit_reached", code: 429 } }, "usage_limit_reached"],
    [429, { error: { type: 5, code: "x" } }, "rate_limit"],
    [429, { error: { type: "usage_not_included" } }, "usage_not_included"],
    [429, { error: { type: "usage_not_included", plan_type: 5 } }, "rate_limit"],
    [429, "<html>", "rate_limit"],
    [500, { error: { code: "server_error" } }, "http"],
    [502, "<html><title>Bad Gateway</title></html>", "http"],
    [503, { error: { code: "other" } }, "http"],
    [503, "", "http"],
    [504, "", "http"],
    [529, "", "http"],
  ])("maps status %i with %j to %s", (status, body, kind) => {
    const error = httpError(status, body);
    const mapped = mapHttpError(error);
    expect(mapped.kind).toBe(kind);
    expect(mapped.cause).toBe(error);
    expect(mapped).toHaveProperty("status", status);
  });

  test("keeps everything of an answer without a kind of its own", () => {
    const headers = { "x-request-id": "req_1", "x-extra": "1" };
    const mapped = mapHttpError(httpError(503, "busy", headers));
    expect(mapped).toMatchObject({
      status: 503,
      url: URL_SENT,
      headers,
      body: "busy",
      requestId: "req_1",
      retryable: true,
    });
  });

  describe("400", () => {
    test.each<[string, unknown, string]>([
      ["the message of the error", { error: { message: " bad field " } }, "bad field"],
      ["the detail of a gateway", { detail: "bad field" }, "bad field"],
      ["an error that is a text", { error: "bad field" }, "bad field"],
      ["an error in a list", [{ error: { message: "bad field", code: 400 } }], "bad field"],
      ["an error behind a byte order mark", '\uFEFF{"error":{"message":"bad field","score":NaN}}', "bad field"],
      ["an error as an event", ': hi\nevent: error\ndata: {"error":{"message":"bad field"}}\n\n', "bad field"],
      [
        "a name and its explanation",
        { error: "Bad Request", message: "bad field", status: 400 },
        "Bad Request: bad field",
      ],
      ["a list of errors", { errors: [{ title: "bad" }, { detail: "field" }, "two"] }, "bad; field; two"],
      ["a problem of RFC 9457", { type: "about:blank", title: "bad field", status: 400 }, "bad field"],
      ["an error of OAuth", { error: "invalid_client", error_description: "bad field" }, "invalid_client: bad field"],
      ["a code with details", { code: 7, details: "bad field" }, "bad field"],
      ["the body where it has no message", { fault: "bad field" }, '{"fault":"bad field"}'],
      ["the title of a page", "<!DOCTYPE html><title>400 Bad Request</title><p>x</p>", "400 Bad Request"],
      ["a sentence of its own for an empty body", "", "Invalid request."],
      [
        "what to do about an invalid image",
        { error: { message: "The image data you provided does not represent a valid image. Check it" } },
        "The image data you provided does not represent a valid image. Check it. Remove the image from the input and send the request again.",
      ],
    ])("quotes %s", (_, body, message) => {
      const mapped = mapHttpError(httpError(400, body));
      expect(mapped).toMatchObject({ kind: "invalid_request", message });
      expect((mapped as CodexApiError & { body: string }).body).toBe(httpError(400, body).body);
    });
  });

  describe("429", () => {
    const NOW_MS = Date.UTC(2026, 0, 1);
    test.each<[string, unknown, Record<string, string>, number | undefined]>([
      ["retry-after in seconds", "", { "retry-after": "3" }, 3000],
      ["retry-after as a date", "", { "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT" }, 5000],
      ["retry-after-ms", "", { "retry-after-ms": "70" }, 70],
      ["the message", { error: { message: "Please try again in 1.2s" } }, {}, 1200],
      ["the header before the message", { error: { message: "try again in 9s" } }, { "retry-after": "3" }, 3000],
      ["nowhere", "", {}, undefined],
    ])("reads the delay from %s", (_, body, headers, retryAfterMs) => {
      const mapped = mapHttpError(httpError(429, body, headers), NOW_MS);
      expect(mapped).toMatchObject({ kind: "rate_limit", retryable: true });
      expect(mapped.retryAfterMs).toBe(retryAfterMs);
    });

    test("says why, where, which request and when to retry", () => {
      const headers = { "retry-after": "3", "x-request-id": "req_1" };
      expect(mapHttpError(httpError(429, { error: { message: "Slow down" } }, headers)).message).toBe(
        `rate limited, status: 429 Too Many Requests: Slow down, url: ${URL_SENT}, request id: req_1. Try again in 3 s.`,
      );
      const bare = new HttpError("", { status: 429, headers: {}, body: "" });
      expect(mapHttpError(bare).message).toBe("rate limited, status: 429 Too Many Requests. Send less, or wait.");
    });

    test.each<[Record<string, string>, string | undefined]>([
      [{ "x-request-id": "a", "x-oai-request-id": "b", "cf-ray": "c" }, "a"],
      [{ "x-oai-request-id": "b", "cf-ray": "c" }, "b"],
      [{ "cf-ray": "c" }, "c"],
      [{}, undefined],
    ])("reads the request id from %j", (headers, requestId) => {
      expect(mapHttpError(httpError(429, "", headers)).requestId).toBe(requestId);
    });
  });

  describe("a usage limit", () => {
    const body = { error: { type: "usage_limit_reached", plan_type: "galactic", resets_at: 1_700_000_000 } };

    test("has the active limit's snapshot, the promo message, and an unknown plan", () => {
      const headers = {
        "x-codex-active-limit": "codex_other",
        "x-codex-other-primary-used-percent": "100",
        "x-codex-other-limit-name": "Other",
        "x-codex-primary-used-percent": "5",
        "x-codex-promo-message": " Buy more. ",
      };
      const mapped = mapHttpError(httpError(429, body, headers));
      expect(mapped).toMatchObject({
        planType: "galactic",
        resetsAt: 1_700_000_000,
        rateLimits: { limitId: "codex_other", limitName: "Other", primary: { usedPercent: 100 } },
        promoMessage: "Buy more.",
        retryable: false,
      });
      expect(mapped.message).toBe(
        "The usage limit of Other is reached (plan: galactic). It resets at 2023-11-14T22:13:20.000Z. Buy more.",
      );
    });

    test("falls back to the codex family, whose name is left out", () => {
      const mapped = mapHttpError(
        httpError(429, body, { "x-codex-limit-name": "Codex", "x-codex-primary-used-percent": "99" }),
      );
      expect(mapped).toMatchObject({ rateLimits: { limitId: "codex", primary: { usedPercent: 99 } } });
      expect(mapped.message).not.toContain("of Codex");
    });

    // parity: errors/reset-time-as-float
    test("reads a time written as a float as an integer", () => {
      for (const written of ["1700000000.0", "17e8"]) {
        const body = `{"error":{"type":"usage_limit_reached","resets_at":${written}}}`;
        const mapped = mapHttpError(httpError(429, body));
        expect(mapped).toMatchObject({ kind: "usage_limit_reached", resetsAt: 1_700_000_000 });
      }
    });

    test.each([9e15, 99_999_999_999_999_999n, -(2n ** 62n)])(
      "has no snapshot without headers, and no date outside the calendar: %s",
      (resetsAt) => {
        const text = `{"error":{"type":"usage_limit_reached","resets_at":${resetsAt}}}`;
        const mapped = mapHttpError(httpError(429, text));
        expect(mapped.kind).toBe("usage_limit_reached");
        expect(mapped).not.toHaveProperty("rateLimits");
        expect(mapped).not.toHaveProperty("resetsAt");
        expect(mapped.message).not.toContain("It resets");
      },
    );
  });
});
