import { describe, expect, test } from "vitest";
import { mapErrorEvent } from "../../../../src/api/refusal/event.ts";
import type { CodexFailure } from "../../../../src/api/refusal/kinds.ts";

function mapErrorFrame(frame: Readonly<Record<string, unknown>>, text?: string): CodexFailure {
  return mapErrorEvent(frame, text ?? JSON.stringify(frame));
}

const LIMIT = { code: "websocket_connection_limit_reached" };

describe("an error frame", () => {
  // parity: error/frame-without-status
  test.each<[string, object, object]>([
    [
      "an error that is a text",
      { status: 500, error: "It broke." },
      { kind: "http", status: 500, message: /It broke/ },
    ],
    ["an error that is a list", { status: 400, error: [] }, { kind: "invalid_request" }],
    ["a number as code", { status: 400, error: { code: 5 } }, { kind: "invalid_request", code: "5" }],
    ["a message that is not a text", { status: 400, error: { message: {} } }, { kind: "invalid_request" }],
    [
      "a status that is a text",
      { status: "429", error: { message: "Wait." } },
      { kind: "rate_limit", message: /Wait/ },
    ],
    [
      "a status that HTTP does not have",
      { status: 70_000, error: { message: "Odd." } },
      { kind: "retryable", message: "Odd." },
    ],
    ["a negative status", { status: -1, error: { message: "Odd." } }, { kind: "retryable", message: "Odd." }],
    [
      "no status",
      { error: { code: "server_error", message: "boom" } },
      { kind: "retryable", code: "server_error", message: "boom" },
    ],
    [
      "the details beside type",
      { code: "server_error", message: "boom" },
      { kind: "retryable", code: "server_error", message: "boom" },
    ],
    ["a null status", { status: null, error: { message: "boom" } }, { kind: "retryable", message: "boom" }],
    ["a status of success", { status: 204, error: { message: "boom" } }, { kind: "retryable", message: "boom" }],
    ["a status as code", { error: { code: 400, message: "Bad." } }, { kind: "invalid_request", message: "Bad." }],
    ["nothing to say", {}, { kind: "stream", message: "error event received, without a reason" }],
  ])("is an error with %s", (_, frame, expected) => {
    const { message, ...fields } = expected as { message?: string | RegExp };
    const mapped = mapErrorFrame({ type: "error", ...frame });
    expect(mapped).toMatchObject(fields);
    if (message !== undefined) expect(mapped.message).toMatch(message);
  });

  test.each([{ status: 400 }, { status_code: 500 }, {}, { status: 200 }, { status: 0 }, { status: 65_535 }])(
    "recognises the connection limit before the status: %j",
    (status) => {
      expect(mapErrorFrame({ type: "error", ...status, error: LIMIT })).toMatchObject({
        kind: "retryable",
        retryable: true,
        code: "websocket_connection_limit_reached",
        message:
          "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
      });
    },
  );

  test("keeps the service's words for the connection limit", () => {
    const error = { ...LIMIT, message: "an hour is enough" };
    expect(mapErrorFrame({ type: "error", error }).message).toBe("an hour is enough");
  });

  test("makes an unknown previous response retryable, whatever the status", () => {
    const error = { code: "previous_response_not_found" };
    const mapped = mapErrorFrame({ type: "error", status: 400, error });
    expect(mapped).toMatchObject({ kind: "retryable", code: "previous_response_not_found", status: 400 });
    expect(mapped.message).toContain("without previous_response_id");
  });

  test.each<[string, object, string]>([
    ["400", { status: 400, error: { message: "bad" } }, "invalid_request"],
    ["400, as status_code", { status_code: 400 }, "invalid_request"],
    ["401", { status: 401 }, "http"],
    ["429", { status: 429, error: null }, "rate_limit"],
    ["500", { status: 500 }, "http"],
    ["503 with its code", { status: 503, error: { code: "server_is_overloaded" } }, "server_overloaded"],
    ["400 with its code", { status: 400, error: { code: "context_length_exceeded" } }, "context_window_exceeded"],
    ["302", { status: 302 }, "http"],
    ["300", { status: 300 }, "http"],
    ["100", { status: 100 }, "http"],
    ["999", { status: 999 }, "http"],
  ])("maps status %s as an HTTP answer", (_, frame, kind) => {
    expect(mapErrorFrame({ type: "error", ...frame })?.kind).toBe(kind);
  });

  test("reads headers in any case as texts, numbers and booleans, and skips others", () => {
    const frame = {
      type: "error",
      status: 429,
      error: { type: "usage_limit_reached", plan_type: "pro", resets_at: 1_700_000_000 },
      headers: {
        "X-Codex-Primary-Used-Percent": 100,
        "x-codex-primary-window-minutes": "15",
        "x-codex-credits-has-credits": true,
        "x-codex-credits-unlimited": false,
        "x-codex-limit-name": ["no"],
        "x-codex-promo-message": null,
      },
    };
    const mapped = mapErrorFrame(frame);
    expect(mapped).toMatchObject({
      kind: "usage_limit_reached",
      planType: "pro",
      resetsAt: 1_700_000_000,
      status: 429,
    });
    expect((mapped as unknown as { rateLimits: object }).rateLimits).toStrictEqual({
      limitId: "codex",
      primary: { usedPercent: 100, windowMinutes: 15 },
      credits: { hasCredits: true, unlimited: false },
    });
  });

  test("reads the delay from headers of the frame or of its error", () => {
    const error = { headers: { "Retry-After": 3 } };
    expect(mapErrorFrame({ type: "error", status: 429, error })).toHaveProperty("retryAfterMs", 3000);
    const headers = { "retry-after": "1" };
    expect(mapErrorFrame({ type: "error", status: 429, error, headers })).toHaveProperty("retryAfterMs", 1000);
  });

  test("keeps the frame's text as the body, and has no URL", () => {
    const frame = { type: "error", status: 418, error: { message: "no" } };
    const text = '{ "type": "error", "status": 418, "error": { "message": "no" } }';
    const mapped = mapErrorFrame(frame, text);
    expect(mapped).toMatchObject({ kind: "http", status: 418 });
    expect(mapped).not.toHaveProperty("url");
    expect(mapped).toHaveProperty("body", text);
    expect(mapped.message).toBe("unexpected status 418 I'm a teapot: no");
  });
});
