import { describe, expect, test } from "vitest";
import { statusText } from "../../../../src/client/wording/status-text.ts";

describe("statusText", () => {
  test.each([
    [401, "401 Unauthorized"],
    [503, "503 Service Unavailable"],
    [529, "529"],
    [999, "999"],
  ])("names %i as %j", (status, expected) => {
    expect(statusText(status)).toBe(expected);
  });
});
