import { expect, it } from "vitest";
import { Identifiers } from "../../../src/emulator/responses/identifiers.ts";

it("ids have the service's form, are the same after every start, and are never repeated", () => {
  const make = () => {
    const identifiers = new Identifiers();
    return Array.from({ length: 20_000 }, (_, index) =>
      index % 2 === 0 ? identifiers.next("resp") : identifiers.nextCallId(),
    );
  };
  const ids = make();
  expect(ids.filter((id) => !/^resp_[0-9a-f]{50}$|^call_[A-Za-z0-9]{24}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(make()).toEqual(ids);
});
