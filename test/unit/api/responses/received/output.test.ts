import { describe, expect, it } from "vitest";
import { DeliveredItems } from "../../../../../src/api/responses/received/output.ts";
import type { ResponseItem } from "../../../../../src/index.ts";

const message = (id?: string) => ({ type: "message", role: "assistant", content: [], ...(id && { id }) });
const call = (callId: string, id?: string) => ({
  type: "function_call",
  name: "look",
  arguments: "{}",
  call_id: callId,
  ...(id && { id }),
});

/** The places in the output that only the terminal event reports. */
function missing(
  told: readonly (readonly [item: object, outputIndex?: number])[],
  output: readonly object[],
  before?: readonly number[],
) {
  const items = new DeliveredItems(before);
  for (const [item, outputIndex] of told)
    items.note(
      {
        type: "output_item.done",
        item: item as ResponseItem,
        ...(outputIndex === undefined ? {} : { outputIndex }),
      },
      0,
    );
  return items.restOf(output).missing.map(({ outputIndex }) => outputIndex);
}

describe("an item that an event brought is not missing at the end", () => {
  it.each<[string, Parameters<typeof missing>[0], readonly object[]]>([
    ["under its id, at any place", [[message("m"), 4]], [message("m")]],
    ["under a call's id, even if its own id changed", [[call("c", "one"), 4]], [call("c", "two")]],
    ["at its place, under another id", [[message("one"), 0]], [message("two")]],
    ["without a place and under another id", [[message("one")]], [message("two")]],
    ["without a place and without an id", [[message()]], [message()]],
    ["a call without a place, if one side leaves out its id", [[call("c")]], [{ ...call("c"), call_id: undefined }]],
  ])("%s", (_what, told, output) => {
    expect(missing(told, output)).toEqual([]);
  });
});

describe("an item that no event brought is missing", () => {
  it("a call beside another one, both without a place", () => {
    expect(missing([[call("one")]], [call("two")])).toEqual([0]);
  });

  it("an item of another type at the same place", () => {
    expect(missing([[message("m"), 0]], [call("c")])).toEqual([0]);
  });

  it("the second of two equal ones, of which one was brought", () => {
    expect(missing([[message()]], [message(), message()])).toEqual([1]);
  });

  it("by the surest sign first: the item without a place is the one that is left over", () => {
    expect(missing([[message()], [message("b"), 1]], [message("a"), message("b"), message("c")])).toEqual([2]);
  });

  it("except what the reader has from an earlier stream", () => {
    expect(missing([], [message("a"), message("b")], [0])).toEqual([1]);
  });

  it("and what is not an item is left out", () => {
    expect(missing([], [7 as never, message()])).toEqual([1]);
  });
});
