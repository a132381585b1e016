import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "../../../../src/client/failure/retry-after.ts";

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 7);

describe("parseRetryAfter", () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ["whole seconds", { "retry-after": "3" }, 3000],
    ["zero", { "retry-after": "0" }, 0],
    ["a fraction of a second", { "retry-after": "1.5" }, 1500],
    ["white space around the number", { "retry-after": " 2 " }, 2000],
    ["milliseconds", { "retry-after-ms": "250" }, 250],
    ["a fraction of a millisecond, rounded", { "retry-after-ms": "250.6" }, 251],
    ["milliseconds, as Azure sends them", { "x-ms-retry-after-ms": "250", "retry-after": "9" }, 250],
    ["OpenAI's milliseconds before Azure's", { "retry-after-ms": "20", "x-ms-retry-after-ms": "250" }, 20],
    ["milliseconds before seconds", { "retry-after-ms": "20", "retry-after": "9" }, 20],
    ["seconds where the milliseconds cannot be read", { "retry-after-ms": "soon", "retry-after": "9" }, 9000],
    ["a date (RFC 9110)", { "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" }, 30_000],
    ["a date (RFC 850)", { "retry-after": "Sunday, 06-Nov-94 08:49:37 GMT" }, 30_000],
    ["a date (asctime), read as GMT", { "retry-after": "Sun Nov  6 08:49:37 1994" }, 30_000],
    ["a date that has passed, as no wait", { "retry-after": "Sat, 05 Nov 1994 08:49:37 GMT" }, 0],
    ["no header", {}, undefined],
    ["an empty value", { "retry-after": "" }, undefined],
    ["a negative number", { "retry-after": "-1" }, undefined],
    ["a hexadecimal number", { "retry-after": "0x10" }, undefined],
    ["a number that is too large", { "retry-after": "9".repeat(400) }, undefined],
    ["words", { "retry-after": "in 3 minutes" }, undefined],
    ["a date in a form outside the standard", { "retry-after": "1994-11-06" }, undefined],
    ["a date that does not exist", { "retry-after": "Sun, 99 Nov 1994 08:49:37 GMT" }, undefined],
    ["two values joined", { "retry-after": "3, 5" }, undefined],
  ])("reads %s", (_, headers, expectedMs) => {
    expect(parseRetryAfter(headers, NOW_MS)).toBe(expectedMs);
  });
});
