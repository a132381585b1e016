import { expect, it } from "vitest";
import { differenceOf } from "../../../src/emulator/workbench/transcripts/difference.ts";

const deep = (text: string) => `${"[".repeat(200_000)}${JSON.stringify(text)}${"]".repeat(200_000)}`;

it.each<[what: string, recorded: unknown, asked: unknown, where: string | undefined]>([
  ["nothing", { a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }, undefined],
  [
    "a value",
    { input: [{ content: "a" }, { content: "b" }] },
    { input: [{ content: "a" }, { content: "c" }] },
    "input[1].content",
  ],
  ["the first of several values", { a: 1, b: 2, c: 3 }, { a: 1, b: 0, c: 0 }, "b"],
  ["a field that was not there", { a: 1 }, { a: 1, tools: [] }, "tools"],
  ["a field that is missing", { a: 1, tools: [] }, { a: 1 }, "tools"],
  ["the length of a list", { a: [1] }, { a: [1, 2] }, "a[1]"],
  ["a list in place of an object", { a: {} }, { a: [] }, "a"],
  ["null in place of nothing", { a: null }, {}, "a"],
  ["ids that a client makes anew", { prompt_cache_key: "x", client_metadata: { a: 1 } }, { stream_id: "y" }, undefined],
  [
    "such a name further down",
    { a: { prompt_cache_key: "x" } },
    { a: { prompt_cache_key: "y" } },
    "a.prompt_cache_key",
  ],
  ["what was removed", { a: "[12 characters removed]", b: "key [removed]" }, { a: "hello", b: "key sk-1" }, undefined],
  ["an inherited name", { a: 1 }, { a: 1, toString: 1 }, "toString"],
])("a recorded request and another differ in %s", (_what, recorded, asked, where) => {
  expect(differenceOf(JSON.stringify(recorded), JSON.stringify(asked))).toBe(where);
});

it("bodies that are not JSON are equal if both or neither are there", () => {
  expect(differenceOf("--a", "--b")).toBeUndefined();
  expect([differenceOf("", "--b"), differenceOf("--a", "{}")]).toEqual(["the body", "the body"]);
});

it("the depth of a request does not matter", () => {
  expect(differenceOf(deep("a"), deep("a"))).toBeUndefined();
  expect(differenceOf(deep("a"), deep("b"))).toMatch(/^(\[0\])+$/);
});
