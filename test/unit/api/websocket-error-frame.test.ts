import { describe, expect, test } from "vitest";
import { mapWebsocketErrorFrame as mapFrame } from "../../../src/api/error-mapping.ts";
import type { CodexApiError } from "../../../src/client/errors.ts";

function mapWebsocketErrorFrame(frame: Readonly<Record<string, unknown>>, text?: string): CodexApiError | undefined {
  return mapFrame(frame, text ?? JSON.stringify(frame));
}

const LIMIT = { code: "websocket_connection_limit_reached" };

describe("mapWebsocketErrorFrame", () => {
  test.each<[string, object]>([
    ["another type", { type: "response.created", status: 400 }],
    ["an error that is no object", { type: "error", status: 400, error: "bad" }],
    ["an error that is a list", { type: "error", status: 400, error: [] }],
    ["a code that is no text", { type: "error", status: 400, error: { code: 5 } }],
    ["a message that is no text", { type: "error", status: 400, error: { message: {} } }],
    ["a status that is a text", { type: "error", status: "429", error: {} }],
    ["a status that is no integer", { type: "error", status: 400.5 }],
    ["a status beyond 16 bits", { type: "error", status: 70_000 }],
    ["a negative status", { type: "error", status: -1 }],
    ["no status", { type: "error", error: { code: "server_error", message: "boom" } }],
    ["a null status", { type: "error", status: null }],
    ["a status that HTTP does not have", { type: "error", status: 99 }],
    ["a status of four digits", { type: "error", status: 1000 }],
    ["a status of success", { type: "error", status: 204 }],
    ["the first status of success", { type: "error", status: 200 }],
    ["the connection limit beside a status beyond 16 bits", { type: "error", status: 65_536, error: LIMIT }],
  ])("sees no error in a frame with %s", (_, frame) => {
    expect(mapWebsocketErrorFrame({ ...frame })).toBeUndefined();
  });

  test.each([{ status: 400 }, { status_code: 500 }, {}, { status: 200 }, { status: 0 }, { status: 65_535 }])(
    "sees the connection limit before the status: %j",
    (status) => {
      expect(mapWebsocketErrorFrame({ type: "error", ...status, error: LIMIT })).toMatchObject({
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
    expect(mapWebsocketErrorFrame({ type: "error", error })?.message).toBe("an hour is enough");
  });

  test("makes an unknown previous response retryable, whatever the status", () => {
    const error = { code: "previous_response_not_found" };
    const mapped = mapWebsocketErrorFrame({ type: "error", status: 400, error });
    expect(mapped).toMatchObject({ kind: "retryable", code: "previous_response_not_found", status: 400 });
    expect(mapped?.message).toContain("without previous_response_id");
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
    expect(mapWebsocketErrorFrame({ type: "error", ...frame })?.kind).toBe(kind);
  });

  test("takes headers of any case as texts, numbers and booleans, and skips others", () => {
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
    const mapped = mapWebsocketErrorFrame(frame);
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

  test("takes the delay from headers of the frame or of its error", () => {
    const error = { headers: { "Retry-After": 3 } };
    expect(mapWebsocketErrorFrame({ type: "error", status: 429, error })).toHaveProperty("retryAfterMs", 3000);
    const headers = { "retry-after": "1" };
    expect(mapWebsocketErrorFrame({ type: "error", status: 429, error, headers })).toHaveProperty("retryAfterMs", 1000);
  });

  test("keeps the frame's text as the body and knows no URL", () => {
    const frame = { type: "error", status: 418, error: { message: "no" } };
    const text = '{ "type": "error", "status": 418, "error": { "message": "no" } }';
    expect(mapWebsocketErrorFrame(frame, text)).toMatchObject({
      kind: "http",
      status: 418,
      url: undefined,
      body: text,
      message: "unexpected status 418 I'm a teapot: no",
    });
  });
});
