import { describe, expect, it } from "vitest";
import { changedField, isSameItem } from "../../../../../src/api/session/history/comparison.ts";
import type { ResponseItem } from "../../../../../src/api/wire/items.ts";
import { answer } from "./support.ts";

describe("the same item", () => {
  const call = { type: "function_call", id: "fc_1", name: "look", arguments: "{}", call_id: "c" } as const;

  it.each<[string, ResponseItem, ResponseItem, boolean]>([
    ["what the service adds to it does not count", { ...call, status: "completed" }, call, true],
    [
      "nor do annotations",
      answer("m"),
      { type: "message", id: "m", role: "assistant", content: [{ type: "output_text", text: "m" }] },
      true,
    ],
    [
      "no id and a null one are the same",
      { ...call, id: null },
      { type: "function_call", name: "look", arguments: "{}", call_id: "c" },
      true,
    ],
    [
      "on a message too",
      { type: "message", role: "user", content: [] },
      { type: "message", role: "user", content: [], id: null } as never,
      true,
    ],
    ["the id counts, although it is not sent", call, { ...call, id: "fc_2" }, false],
    ["the text of the arguments counts", call, { ...call, arguments: "{ }" }, false],
    [
      "compaction has two names",
      { type: "compaction", encrypted_content: "e" },
      { type: "compaction_summary", encrypted_content: "e" } as never,
      true,
    ],
    ["an unknown kind counts as a whole", { type: "new", a: 1 } as never, { type: "new", a: 1, b: 2 } as never, false],
    [
      "the detail of an image counts",
      { type: "message", role: "user", content: [{ type: "input_image", image_url: "u", detail: "high" }] },
      { type: "message", role: "user", content: [{ type: "input_image", image_url: "u" }] },
      false,
    ],
  ])("%s", (_what, left, right, same) => {
    expect(isSameItem(left, right)).toBe(same);
    expect(isSameItem(right, left)).toBe(same);
  });

  // parity: session/known-by-call-id
  it.each<[string, ResponseItem, ResponseItem, boolean]>([
    ["a reference matches its item", answer("m"), { type: "item_reference", id: "m" } as never, true],
    [
      "and none if it has no id",
      { ...answer("m"), id: "" } as never,
      { type: "item_reference", id: "" } as never,
      false,
    ],
    ["and no other", answer("m"), { type: "item_reference", id: "n" } as never, false],
    ["a call is recognised without its id", call, { ...call, id: undefined }, true],
    ["unless something else of it differs", call, { ...call, id: undefined, arguments: "{ }" }, false],
    ["and another call is not", call, { ...call, id: undefined, call_id: "d" }, false],
    ["a message is not", answer("m"), { ...answer("m"), id: undefined } as never, false],
  ])("in a later request: %s", (_what, known, later, same) => {
    expect(isSameItem(known, later)).toBe(same);
  });
});

describe("fields", () => {
  it.each(["input", "generate", "client_metadata", "metadata", "stream_options"])("may differ in %s", (name) => {
    expect(changedField({ model: "m", [name]: { a: 1 } }, { model: "m" })).toBeUndefined();
    expect(changedField({ model: "m" }, { model: "m", [name]: { a: 1 } })).toBeUndefined();
  });

  it("are compared at any depth, and the first difference is named", () => {
    expect(changedField({ model: "m", input: [1] }, { model: "n", input: [1] })).toBe("model");
    expect(changedField({ model: "m" }, { model: "m", tools: [] })).toBe("tools");
    expect(changedField({ model: "m", tools: [] }, { model: "m" })).toBe("tools");
  });

  it("may differ in the response that the cache is compared with, but in no other of the cache's options", () => {
    const options = (fields: object | string) => ({ prompt_cache_options: fields });
    const before = options({ comparison_response_id: "a", mode: "x" });
    expect(changedField(before, options({ comparison_response_id: "b", mode: "x" }))).toBeUndefined();
    expect(changedField(before, options({ mode: "x" }))).toBeUndefined();
    expect(changedField(before, options({ comparison_response_id: "a" }))).toBe("prompt_cache_options");
    expect(changedField(options("a"), options("b"))).toBe("prompt_cache_options");
    const others = (id: string) => ({ reasoning: { comparison_response_id: id } });
    expect(changedField(others("a"), others("b"))).toBe("reasoning");
  });
});
