import { describe, expect, it } from "vitest";
import { joinRepeated, mergeHeaders } from "../../../src/client/headers.ts";

describe("headers of several layers", () => {
  it("are merged by name in any case, later ones win, and an undefined one overwrites nothing", () => {
    expect({ ...mergeHeaders({ A: "1", b: "2" }, undefined, { a: "3", b: undefined as never }) }).toEqual({
      a: "3",
      b: "2",
    });
  });

  it.each([
    [{ "a b": "1" }, 'header name "a b" cannot be sent'],
    [{ a: null }, "the value of header a cannot be sent: it must be a string, and is null"],
    [{ a: 1 }, "the value of header a cannot be sent: it must be a string, and is of type number"],
    [{ a: "1\n" }, "the value of header a cannot be sent: it holds a line break"],
  ])("that cannot be sent are reported by name: %j", (layer, message) => {
    expect(() => mergeHeaders(layer as never)).toThrow(message);
  });
});

it("repeated headers are joined, missing ones are left out", () => {
  expect({ ...joinRepeated({ A: ["1", "2"], b: "3", c: undefined }) }).toEqual({ a: "1, 2", b: "3" });
});
