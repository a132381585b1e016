import { describe, expect, it } from "vitest";
import { jsonText } from "../../../../src/api/wire/json.ts";
import { thrownMessage } from "../../../../src/client/failure/thrown-text.ts";

describe("what cannot be written as JSON is reported in one line", () => {
  const endless: Record<string, unknown> = {};
  endless.self = endless;
  const silent = {
    toJSON() {
      throw "two\nlines";
    },
  };

  it.each([
    ["a value that contains itself", endless, /written as JSON: Converting circular structure to JSON$/],
    ["a bigint", 1n, /written as JSON: .*BigInt/],
    ["a toJSON that throws something other than an error", silent, /written as JSON: two$/],
    ["a function", () => {}, /it is a function or a symbol$/],
  ])("%s", (_what, value, message) => {
    expect(() => jsonText(value)).toThrow(
      expect.objectContaining({ kind: "build", message: expect.stringMatching(message) }),
    );
  });
});

it("the text of a thrown value is its message, or the value as a text", () => {
  expect([thrownMessage(new TypeError("boom")), thrownMessage(7)]).toEqual(["boom", "7"]);
});
