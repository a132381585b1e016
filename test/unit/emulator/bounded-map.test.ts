import fc from "fast-check";
import { expect, it } from "vitest";
import { BoundedMap } from "../../../src/emulator/bounded-map.ts";

const MOST = 3;
const step = fc.record({
  key: fc.integer({ min: 0, max: 6 }),
  act: fc.constantFrom("set", "set", "set", "delete", "clear"),
});

it("keeps the newest, whatever was deleted in between, and returns what had to make room", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new BoundedMap<number, string>(MOST);
      let expected: (readonly [number, string])[] = [];
      for (const [index, { key, act }] of steps.entries()) {
        if (act === "clear") {
          map.clear();
          expected = [];
          continue;
        }
        const others = expected.filter(([each]) => each !== key);
        if (act === "delete") {
          expect(map.delete(key)).toBe(others.length < expected.length);
          expected = others;
          continue;
        }
        const [dropped] = others.length === MOST ? others.splice(0, 1) : [];
        expect(map.set(key, `${index}`)).toEqual(dropped ? [dropped[1]] : []);
        expected = [...others, [key, `${index}`]];
        expect([...map.keys()]).toEqual(expected.map(([each]) => each));
        expect([...map.values()]).toEqual(expected.map(([, value]) => value));
      }
    }),
  );
});

it("keeps the newest up to a size, and at least one", () => {
  const map = new BoundedMap<string, number>(10, { most: 100, sizeOf: (value) => value });
  expect([map.set("a", 40), map.set("b", 50), map.set("c", 60)]).toEqual([[], [], [40, 50]]);
  expect(map.set("c", 20)).toEqual([]); // measured anew
  expect(map.set("d", 80)).toEqual([]);
  expect(map.set("e", 500)).toEqual([20, 80]);
  expect([...map.keys()]).toEqual(["e"]);
});
