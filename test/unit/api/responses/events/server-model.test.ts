import { describe, expect, test } from "vitest";
import { serverModelOf } from "../../../../../src/api/responses/events/notices.ts";
import type { JsonObject } from "../../../../../src/api/wire/json.ts";

describe("serverModelOf", () => {
  test.each<[string, object, string | undefined]>([
    ["the response's headers", { response: { headers: { "openai-model": "a" } } }, "a"],
    ["the event's own headers", { headers: { "openai-model": "a" } }, "a"],
    [
      "the response's headers first",
      { response: { headers: { "openai-model": "a" } }, headers: { "openai-model": "b" } },
      "a",
    ],
    [
      "the event's own headers if the response's have none",
      { response: { headers: { x: "a" } }, headers: { "openai-model": "b" } },
      "b",
    ],
    ["the name with x-", { headers: { "x-openai-model": "a" } }, "a"],
    ["a name in any case", { headers: { "OpenAI-Model": "a" } }, "a"],
    ["the first text of a list", { headers: { "openai-model": [5, "a", "b"] } }, "a"],
    ["a second spelling if the first has no text", { headers: { "openai-model": 5, "X-OpenAI-Model": "a" } }, "a"],
    ["nothing in an empty list", { headers: { "openai-model": [] } }, undefined],
    ["nothing in response.model", { response: { model: "a" } }, undefined],
    ["nothing without headers", { type: "response.output_text.delta", delta: "d" }, undefined],
    ["nothing in headers that are not an object", { response: "r", headers: ["openai-model"] }, undefined],
  ])("finds %s", (_, event, expected) => {
    expect(serverModelOf(event as JsonObject)).toBe(expected);
  });
});
