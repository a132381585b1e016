import { expect, test } from "vitest";
import { RecentlyUsed } from "../../../../src/client/trust/recently-used.ts";

test("a value is made once, until it is the longest unused one", () => {
  const values = new RecentlyUsed<string | undefined>(2);
  const made: string[] = [];
  const get = (key: string) => values.get(key, () => void made.push(key));
  for (const key of ["a", "b", "a", "c", "a", "b"]) get(key);
  expect(made).toEqual(["a", "b", "c", "b"]);
});

test("a failed attempt is repeated", () => {
  const values = new RecentlyUsed<number>(2);
  const fail = () => {
    throw new Error("no");
  };
  expect(() => values.get("a", fail)).toThrow("no");
  expect(values.get("a", () => 1)).toBe(1);
});
