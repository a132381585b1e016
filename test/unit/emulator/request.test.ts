import { describe, expect, it } from "vitest";
import type { Fields } from "../../../src/emulator/fields.ts";
import { parseResponsesRequest } from "../../../src/emulator/responses/request.ts";
import { ServiceError } from "../../../src/emulator/service-error.ts";
import { checkToolPairs } from "../../../src/emulator/validation/items.ts";

function faultOf(action: () => unknown): ServiceError {
  try {
    action();
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

const GOOD = { model: "m", input: "hi" };

describe("a request", () => {
  it.each<[string, unknown, string | null, string | null]>([
    ["a body that is not an object", [], null, "invalid_type"],
    [
      "an output without call_id",
      { ...GOOD, input: [{ type: "function_call_output", output: "" }] },
      "input[0].call_id",
      "missing_required_parameter",
    ],
    [
      "a tool_choice without its tool",
      { ...GOOD, tool_choice: { type: "function", name: "x" } },
      "tool_choice",
      "invalid_value",
    ],
  ])("is refused with 400 for %s", (_name, body, param, code) => {
    const fault = faultOf(() => parseResponsesRequest(body));
    expect(fault.status).toBe(400);
    expect(fault.error).toEqual({ message: expect.any(String), type: "invalid_request_error", param, code });
  });

  it("is not streamed, and is answered, by default", () => {
    expect(parseResponsesRequest(GOOD)).toMatchObject({ stream: false, generate: true });
    expect(parseResponsesRequest({ ...GOOD, stream: true, generate: false })).toMatchObject({
      stream: true,
      generate: false,
    });
  });

  it("may have null for optional fields", () => {
    const nulls = {
      tools: null,
      tool_choice: null,
      max_output_tokens: null,
      previous_response_id: null,
      reasoning: null,
    };
    expect(parseResponsesRequest({ ...GOOD, ...nulls })).toMatchObject({ previousResponseId: undefined });
  });

  it("with a text as input is one user message", () => {
    expect(parseResponsesRequest(GOOD).input).toEqual([
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
    ]);
  });
});

const CALL = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "c1", output: "" };

describe("calls and outputs", () => {
  it.each<[string, readonly Fields[], boolean]>([
    ["both", [CALL, OUTPUT], false],
    ["neither", [], false],
    ["the call may be in a compaction", [OUTPUT], true],
  ])("are accepted in pairs: %s", (_name, conversation, compacted) => {
    expect(() => checkToolPairs(conversation, compacted)).not.toThrow();
  });

  it.each<[string, readonly Fields[], RegExp]>([
    ["an output alone", [OUTPUT], /No tool call found for function call output with call_id c1/],
    ["a call alone", [CALL], /No tool output found for function call c1/],
    ["another call's output", [CALL, { ...OUTPUT, call_id: "c2" }], /call_id c2/],
  ])("are refused for %s", (_name, conversation, message) => {
    expect(faultOf(() => checkToolPairs(conversation, false)).error).toMatchObject({
      message: expect.stringMatching(message),
      param: "input",
    });
  });
});
