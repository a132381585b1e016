import { describe, expect, it } from "vitest";
import { empty, objectList } from "../../../src/client/object-list.ts";

describe("a list for objects", () => {
  it("is a list of its own", () => {
    const first = objectList<string>();
    first.push("one");
    expect(first).toEqual(["one"]);
    expect(objectList()).toEqual([]);
  });

  it.each([0, 1, 2, 40])("is empty after it held %i", (count) => {
    const list = objectList<number>();
    for (let nth = 0; nth < count; nth += 1) list.push(nth);
    empty(list);
    expect(list).toEqual([]);
    list.push(7);
    expect(list).toEqual([7]);
  });
});
