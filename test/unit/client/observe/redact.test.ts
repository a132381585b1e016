import { describe, expect, it } from "vitest";
import { blankerOf } from "../../../../src/client/observe/redact.ts";

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

  it.each([
    ["a quote and a backslash, in JSON", `key"with\\both`, JSON.stringify(`key"with\\both`)],
    ["a slash, in JSON as PHP writes it", "a/b/c/d/e", "a\\/b\\/c\\/d\\/e"],
    ["a plus and an ampersand, in JSON as Go and .NET write it", "one+two&3", "one\\u002Btwo\\u00263"],
    ["a slash, in a URL", "s3cret/value=", "s3cret%2fvalue%3D"],
    ["characters that are escaped twice", "a+b&c/d", "a\\\\u002bb\\\\u0026c\\\\\\/d"],
    ["a percent sign, in a URL in a URL", "100%&more", encodeURIComponent(encodeURIComponent("100%&more"))],
    ["text that looks like an escape", "a%25b%25c%25d%25e", "a%25b%25c%25d%25e"],
    ["characters of regular expressions", "a.b*c(d)[e]{1}^$|?", "a.b*c(d)[e]{1}^$|?"],
  ])("shows nothing of a key with %s", (_what, key, repeated) => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: { authorization: `Bearer ${key}` } });
    expect(blank(`<${repeated}>`)).toMatch(/^<"?\[redacted\]"?>$/);
    expect(blank(`<${key}>`)).toBe("<[redacted]>");
  });

  it.each([
    ["the password of a Basic pair", { headers: { authorization: `Basic ${btoa("bob:p@ss/w:rd")}` } }, "p@ss/w:rd"],
    ["a Basic pair as sent", { headers: { authorization: "Basic Ym9iOnBAc3M6" } }, "Ym9iOnBAc3M6"],
    ["a key in place of the user name", { headers: { authorization: `Basic ${btoa("sk-key-1:")}` } }, "sk-key-1"],
    ["a password in the URL, decoded", { url: "https://bob:p%40ss%2Fw0rd!@api.test/v1" }, "p@ss/w0rd!"],
    ["a key in the URL's user name", { url: "https://sk%2Dkey%2D1@api.test/v1" }, "sk-key-1"],
    ["an unknown scheme", { headers: { "proxy-authorization": "ApiKey 12345678" } }, "12345678"],
  ])("shows nothing of %s", (_what, sent, repeated) => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: {}, ...sent });
    expect(blank(`user bob, password ${repeated} unknown`)).toMatch(/^user bob, password \[redacted\]\S* unknown$/);
  });

  const LONG = "s3cret/value of+many%signs, and then/some";
  it.each([
    ["in the middle of a sentence", (cut: string) => `key ${cut}... is wrong`, "key [redacted]... is wrong"],
    ["by the end of the text", (cut: string) => `key ${cut}`, "key [redacted]"],
    ["in JSON", (cut: string) => JSON.stringify({ key: cut }), `{"key":"[redacted]"}`],
    ["in a URL", (cut: string) => `/?key=${encodeURIComponent(cut)}`, "/?key=[redacted]"],
  ])("shows nothing of a key that is cut %s", (_what, text, shown) => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: { authorization: `Bearer ${LONG}` } });
    for (let length = 12; length <= LONG.length; length += 1) expect(blank(text(LONG.slice(0, length)))).toBe(shown);
  });

  it("shows nothing of a key that is cut in the middle of an escape", () => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: { authorization: `Bearer ${LONG}` } });
    for (const rest of ["\\", "\\u", "\\u00", "%", "%2"]) expect(blank(`key s3cret${rest}`)).toBe("key [redacted]");
  });

  it("leaves the beginning of a short key if more follows, because it may be any word", () => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: { authorization: "Bearer password123" } });
    expect(blank("your password is wrong")).toBe("your password is wrong");
    expect(blank("your password123 is wrong")).toBe("your [redacted] is wrong");
  });

  it("blanks a secret that contains another one completely", () => {
    const headers = { "x-api-key": "secret", authorization: "Bearer secret-and-more" };
    expect(blankerOf({ url: "https://api.test/v1", headers })("secret-and-more, secret")).toBe(
      "[redacted], [redacted]",
    );
  });

  it("leaves what is shorter than 6 characters, because it may be any word", () => {
    const blank = blankerOf({ url: "https://api.test/v1", headers: { authorization: "Bearer test" } });
    expect(blank("a test failed")).toBe("a test failed");
  });

  it("shows nothing of a percent-encoded key either", () => {
    const url = "https://api.test/v1?token=s3cret%2Fvalue";
    expect(blankerOf({ url, headers: {} })("no such page: /v1?token=s3cret%2Fvalue")).not.toContain("s3cret");
  });
});
