import { describe, expect, it } from "vitest";
import { blankerOf } from "../../../src/client/redact.ts";

describe("an answer that repeats its request", () => {
  it.each([
    ["a bearer token", { headers: { authorization: "Bearer s3cret-value" } }],
    ["a gateway's key", { headers: { "ocp-apim-subscription-key": "s3cret-value" } }],
    ["a key in the query", { url: "https://api.test/v1?api-version=2026-01-01&key=s3cret-value" }],
    ["a signature in the query", { url: "https://api.test/v1?sig=s3cret-value" }],
    ["a password in the URL", { url: "https://user:s3cret-value@api.test/v1" }],
  ])("shows nothing of %s", (_what, sent) => {
    const text = blankerOf({ url: "https://api.test/v1", headers: {}, ...sent })("seen: s3cret-value, 2026-01-01");
    expect(text).toBe("seen: [redacted], 2026-01-01");
  });

  it("shows nothing of a percent-encoded key either", () => {
    const url = "https://api.test/v1?token=s3cret%2Fvalue";
    expect(blankerOf({ url, headers: {} })("no such page: /v1?token=s3cret%2Fvalue")).not.toContain("s3cret");
  });
});
