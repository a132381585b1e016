import { describe, expect, test } from "vitest";
import { readBodyDetails } from "../../../../src/api/refusal/details.ts";
import { unexpectedStatusText } from "../../../../src/api/refusal/unexpected-status.ts";

function textOf(status: number, body: string, headers: Record<string, string> = {}, url?: string): string {
  return unexpectedStatusText({ status, body, headers, url }, readBodyDetails(body));
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");
const TEAPOT = "unexpected status 418 I'm a teapot: ";

describe("unexpectedStatusText", () => {
  test.each<[string, string, string]>([
    ["the error's message, trimmed", '{"error":{"message":" no "}}', "no"],
    ["the body where the message is blank", '{"error":{"message":" "}}', '{"error":{"message":" "}}'],
    ["the body where there is no message", ' {"fault":"no"}\n', '{"fault":"no"}'],
    ["plain text", "upstream gone", "upstream gone"],
    ["a sentence without its full stop, since the address follows", "It is gone.", "It is gone"],
    ["a sentence for an empty body", " \n", "Unknown error"],
    ["1000 bytes of a long body", "x".repeat(1001), `${"x".repeat(1000)}...`],
    ["all of a body of 1000 bytes", "x".repeat(1000), "x".repeat(1000)],
    ["no half of a character", `${"x".repeat(998)}€ and more`, `${"x".repeat(998)}...`],
    ["no half of a surrogate pair", `${"x".repeat(997)}😀 and more`, `${"x".repeat(997)}...`],
    [
      "the title of a page",
      "<!doctype html><html><head><title>Sign  in\n</title></head><body>x</body></html>",
      "Sign in",
    ],
    [
      "the first text of a page without a title",
      "<html><head><style>p{}</style><script>if (a<b) {}</script></head><body><h1>Gateway</h1>\n<p>is down</p></body></html>",
      "Gateway is down",
    ],
    ["a page that is cut short", "<html><body><p>down</p><a href=", "down"],
  ])("quotes %s", (_, body, expected) => {
    expect(textOf(418, body)).toBe(TEAPOT + expected);
  });

  test.each([404, 405])("says for %i that the base URL already has the endpoint's path", (status) => {
    expect(textOf(status, "no", {}, "https://api.test/v1/responses/responses")).toMatch(
      /\. The base URL ends in \/responses, which the client adds: leave it out\.$/,
    );
    expect(textOf(status, "no", {}, "https://api.test/v1/responses")).not.toContain("leave it out");
  });

  test("recognises a page by its content type", () => {
    expect(textOf(418, "<p>down</p>", { "content-type": "text/html; charset=utf-8" })).toBe(`${TEAPOT}down`);
  });

  test("adds the ids by which a request can be found, in the reference's order", () => {
    const headers = {
      "x-error-json": base64({ error: { code: "token_expired" } }),
      "x-openai-authorization-error": "missing_authorization_header",
      "x-request-id": "req_1",
      "cf-ray": "ray-1",
    };
    expect(textOf(418, "no", headers, "https://h/v1/responses")).toBe(
      `${TEAPOT}no, url: https://h/v1/responses, cf-ray: ray-1, request id: req_1, auth error: missing_authorization_header, auth error code: token_expired`,
    );
    expect(textOf(418, "no", { "x-oai-request-id": "oai" })).toBe(`${TEAPOT}no, request id: oai`);
  });

  test.each([
    "not base64!",
    base64({ error: { code: "x" } }).replace(/.$/, ""),
    Buffer.from("{").toString("base64"),
    base64({}),
    base64({ error: { code: 5 } }),
    base64(null),
    "",
  ])("leaves out an auth error code that cannot be read: %j", (encoded) => {
    expect(textOf(418, "no", { "x-error-json": encoded })).toBe(`${TEAPOT}no`);
  });

  test("has a special sentence for a block by Cloudflare", () => {
    const body = "<html><body>Cloudflare error: Sorry, you have been blocked</body></html>";
    expect(textOf(403, body, { "cf-ray": "ray-1" }, "https://h/x")).toMatch(
      /^Access blocked by Cloudflare\. This usually happens when connecting from a restricted region \(status 403 Forbidden\), url: https:\/\/h\/x, cf-ray: ray-1\. /,
    );
    expect(textOf(403, "Cloudflare says hello")).toContain("unexpected status 403 Forbidden: Cloudflare says hello");
    expect(textOf(503, body)).not.toContain("Access blocked");
  });

  test.each<[number, RegExp]>([
    [401, /API key or token/],
    [402, /billing/],
    [403, /region/],
    [404, /base URL/],
    [405, /base URL/],
    [407, /proxy requires credentials/],
    [408, /again/],
    [409, /again/],
    [413, /compact or shorten/],
    [415, /compression/],
    [422, /fields/],
    [426, /use HTTP/],
    [431, /headers/],
    [500, /again/],
    [502, /gateway/],
    [529, /send the request again, later/],
    [511, /captive portal/],
  ])("ends with what to do about status %i", (status, advice) => {
    expect(textOf(status, "no", { "x-request-id": "req_1" })).toMatch(
      new RegExp(`request id: req_1\\. .*${advice.source}.*\\.$`),
    );
  });
});
