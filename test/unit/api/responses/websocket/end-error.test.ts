import { describe, expect, it } from "vitest";
import { endError } from "../../../../../src/api/responses/websocket/end-error.ts";
import { LimitError } from "../../../../../src/client/failure/kinds.ts";

describe("a response whose connection ended", () => {
  it.each([
    [1006, "", "websocket closed by server before response.completed (code 1006)"],
    [1005, "", "websocket closed by server before response.completed (no code)"],
    [1011, "busy", "websocket closed by server before response.completed (code 1011: busy)"],
  ])("by a close frame reports its code and reason: %d %s", (code, reason, message) => {
    expect(endError({ by: "peer", code, reason })).toMatchObject({ kind: "stream", message });
  });

  it.each([
    ["", "The account is out of credits. Add credits, and send the request again."],
    ["No money", "No money. Add credits, and send the request again."],
  ])("because the account is out of credits has that error: %j", (reason, message) => {
    const error = endError({ by: "peer", code: 4402, reason });
    expect(error).toMatchObject({ kind: "quota_exceeded", code: "4402", status: 402, message });
  });

  it("by a bound has that bound's own error", () => {
    const cause = new LimitError("too large", { what: "message", limit: 5, unit: "bytes" });
    const error = endError({ by: "network", error: cause });
    expect(error).toMatchObject({ kind: "limit", message: "too large", what: "message", limit: 5, unit: "bytes" });
    expect([error === cause, error.cause === cause]).toEqual([false, true]);
  });

  it.each([
    [undefined, "stream closed before response.completed"],
    [new Error("reset"), "stream closed before response.completed (reset)"],
  ])("by the network says why, if that is known", (error, message) => {
    expect(endError({ by: "network", ...(error && { error }) })).toMatchObject({ kind: "stream", message });
  });
});
