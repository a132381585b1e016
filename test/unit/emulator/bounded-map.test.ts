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
        expect(map.set(key, `${index}`)).toBe(dropped?.[1]);
        expected = [...others, [key, `${index}`]];
        expect([...map.keys()]).toEqual(expected.map(([each]) => each));
        expect([...map.values()]).toEqual(expected.map(([, value]) => value));
      }
    }),
  );
});
