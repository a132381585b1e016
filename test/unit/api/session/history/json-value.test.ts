import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyOfJson, isSameJson } from "../../../../../src/api/session/history/json-value.ts";
import { BuildError } from "../../../../../src/client/failure/kinds.ts";

describe("isSameJson", () => {
  it.each([
    ["the order of keys", { a: 1, b: [2] }, { b: [2], a: 1 }, true],
    ["a key that holds undefined", { a: 1, b: undefined }, { a: 1 }, true],
    ["and on the other side", { a: 1 }, { a: 1, b: undefined }, true],
    ["null is not absence", { a: 1, b: null }, { a: 1 }, false],
    ["an additional key", { a: 1 }, { a: 1, b: 2 }, false],
    ["a missing key", { a: 1, b: 2 }, { a: 1 }, false],
    ["as many keys with other names", { a: 1, b: undefined }, { a: 1, c: 1 }, false],
    ["a longer list", [1, 2], [1, 2, 3], false],
    ["a list is not an object", [1], { 0: 1 }, false],
    ["an object is not a list", { 0: 1 }, [1], false],
    ["null is not an object", null, {}, false],
    ["a text is not a number", "1", 1, false],
    ["depth", { a: [{ b: [1, { c: "x" }] }] }, { a: [{ b: [1, { c: "y" }] }] }, false],
    ["a name that every object inherits", { constructor: 1 }, {}, false],
  ])("%s", (_what, left, right, same) => {
    expect(isSameJson(left, right)).toBe(same);
  });

  it("agrees with the JSON text of values whose keys are sorted", () => {
    const sorted = (value: unknown): string =>
      JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
          : inner,
      );
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (left, right) => {
        fc.pre(!sorted([left, right]).includes("__proto__") && !/:-0\b|\[-0\b/.test(sorted([left, right])));
        expect(isSameJson(left, right)).toBe(sorted(left) === sorted(right));
        expect(isSameJson(left, copyOfJson(left))).toBe(true);
      }),
    );
  });
});

describe("copyOfJson", () => {
  it("is not affected by later changes", () => {
    const original = { list: [{ text: "a" }], other: null };
    const copy = copyOfJson(original);
    original.list[0] = { text: "b" };
    original.list.push({ text: "c" });
    expect(copy).toEqual({ list: [{ text: "a" }], other: null });
  });

  it("has a field `__proto__` as a field", () => {
    const original: unknown = JSON.parse('{"__proto__":{"type":"string"}}');
    expect(isSameJson(copyOfJson(original), original)).toBe(true);
    expect(isSameJson(copyOfJson(original), JSON.parse('{"__proto__":{"type":"number"}}'))).toBe(false);
  });

  it("tells one date from another", () => {
    expect(isSameJson(copyOfJson({ at: new Date(1) }), { at: new Date(2) })).toBe(false);
  });
});

describe("any depth", () => {
  const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`);

  it("is copied and compared without the stack", () => {
    const value = nested(20_000);
    const copy = copyOfJson(value);
    expect(copy === value).toBe(false); // `not.toBe` would compare them on the stack
    expect(isSameJson(copy, value)).toBe(true);
    expect(isSameJson(copy, nested(19_999))).toBe(false);
  });

  it("ends with a build error if a value contains itself", () => {
    const endless: Record<string, unknown> = {};
    endless.self = [endless, endless];
    expect(() => copyOfJson(endless)).toThrow(BuildError);
    expect(() => copyOfJson(endless)).toThrow("contains itself");
  });
});
