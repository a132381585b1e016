// The service's answers to faulty requests, word for word. Unless a row says otherwise, others measured them at the public API in August 2026
// (`gpt-5.6-terra`), or they are quoted in a public issue; docs/emulator.md says what is not known.
import { describe, expect, it } from "vitest";
import { parseResponsesRequest } from "../../../src/emulator/responses/request.ts";
import { ServiceError } from "../../../src/emulator/service-error.ts";

type Row = readonly [fault: string, more: object, param: string | null, code: string, message: string];

const ITEMS =
  "'additional_tools', 'agent_message', 'apply_patch_call', 'apply_patch_call_output', 'code_interpreter_call', 'compaction', 'compaction_trigger', 'computer_call', 'computer_call_output', 'custom_tool_call', 'custom_tool_call_output', 'file_search_call', 'function_call', 'function_call_output', 'image_generation_call', 'item_reference', 'local_shell_call', 'local_shell_call_output', 'mcp_approval_request', 'mcp_approval_response', 'mcp_call', 'mcp_list_tools', 'message', 'multi_agent_call', 'multi_agent_call_output', 'program', 'program_output', 'reasoning', 'shell_call', 'shell_call_output', 'tool_search_call', 'tool_search_output', and 'web_search_call'";
const ROLES = "'assistant', 'system', 'developer', and 'user'";
const NOTHING = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.";
const NOT_AN_ARRAY_OF_TOOLS = "Invalid type for 'tools': expected an array of tools, but got a string instead.";
const EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh'";

const user = (more: object) => ({ input: [{ role: "user", content: "hi", ...more }] });
const parts = (role: string, part: object) => ({ input: [{ role, content: [part] }] });
const tool = (more: object) => ({ tools: [{ type: "function", name: "f", ...more }] });
const missing = (param: string, more: object): Row => [
  `no ${param}`,
  more,
  param,
  "missing_required_parameter",
  `Missing required parameter: '${param}'.`,
];
const type = (param: string, value: unknown, expected: string, found: string): Row => [
  `${param}: ${JSON.stringify(value)}`,
  { [param]: value },
  param,
  "invalid_type",
  `Invalid type for '${param}': expected ${expected}, but got ${found} instead.`,
];
const value = (param: string, more: object, given: string, supported: string): Row => [
  `${param}: ${JSON.stringify(given)}`,
  more,
  param,
  "invalid_value",
  `Invalid value: '${given}'. Supported values are: ${supported}.`,
];
const unknown = (param: string, more: object, meant = ""): Row => [
  `an unknown ${param}`,
  more,
  param,
  "unknown_parameter",
  `Unknown parameter: '${param}'.${meant}`,
];

describe("a request is refused in the service's words for", () => {
  it.each<Row>([
    missing("model", { model: undefined }),
    type("model", null, "a string", "an object"),
    type("model", 7, "a string", "an integer"),
    ["an empty model", { model: "" }, "model", "model_not_found", "The requested model '' does not exist."],
    missing("input", { input: undefined }),
    type("input", null, "a string", "an object"),
    type("input", { a: 1 }, "one of a string or array of input items", "an object"),
    ["an empty text", { input: "" }, null, "missing_required_parameter", NOTHING],
    ["an empty list", { input: [] }, null, "missing_required_parameter", NOTHING],
    // Names.
    unknown("zzz_unknown", { zzz_unknown: 1 }),
    unknown("max_tokens", { max_tokens: 16 }),
    unknown("stop", { stop: ["ZZ"] }, " Did you mean 'store'?"),
    unknown("stre", { stre: 1 }, " Did you mean 'store' or 'stream'?"),
    unknown("strem", { strem: 1 }, " Did you mean 'stream' or 'store'?"),
    unknown("st", { st: 1 }),
    unknown("modell", { modell: 1 }),
    [
      "messages instead of input",
      { messages: [] },
      null,
      "unsupported_parameter",
      "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.",
    ],
    unknown("input[0].bogus", user({ bogus: 1 })),
    unknown("input[0].phase", user({ phase: "final_answer" })),
    unknown("text.zzz", { text: { zzz: 1 } }),
    unknown("reasoning.generate_summary", { reasoning: { generate_summary: "concise" } }),
    unknown("stream_options.include_usage", { stream_options: { include_usage: true } }),
    unknown("prompt_cache_options.bogus", { prompt_cache_options: { bogus: 1 } }),
    // Items and their parts.
    [
      "a number as item",
      { input: [7] },
      "input[0]",
      "invalid_type",
      "Invalid type for 'input[0]': expected an input item, but got an integer instead.",
    ],
    [
      "null as item",
      { input: [null] },
      "input[0]",
      "invalid_type",
      "Invalid type for 'input[0]': expected an input item, but got null instead.",
    ],
    value("input[0]", { input: [{ type: "bogus_item" }] }, "bogus_item", ITEMS),
    value("input[0]", { input: [{ type: 7, role: "user", content: "hi" }] }, "", ITEMS),
    value("input[0]", { input: [{}] }, "", ROLES),
    value("input[0]", { input: [{ role: "tool", content: "hi" }] }, "tool", ROLES),
    missing("input[0].content", { input: [{ role: "user" }] }),
    [
      "an object as content",
      user({ content: {} }),
      "input[0].content",
      "invalid_type",
      "Invalid type for 'input[0].content': expected one of an array of objects or string, but got an object instead.",
    ],
    value(
      "input[0].content[0].type",
      parts("user", { type: "bogus", text: "x" }),
      "bogus",
      "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', 'computer_screenshot', 'summary_text', and 'encrypted_content'",
    ),
    value(
      "input[0].content[0]",
      parts("user", { type: "output_text", text: "x" }),
      "output_text",
      "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'",
    ),
    value(
      "input[0].content[0]",
      parts("assistant", { type: "input_text", text: "x" }),
      "input_text",
      "'output_text' and 'refusal'",
    ),
    missing("input[0].content[0].text", parts("user", { type: "input_text" })),
    value(
      "input[0].phase",
      { input: [{ role: "assistant", content: "x", phase: "bogus" }] },
      "bogus",
      "'commentary' and 'final_answer'",
    ),
    [
      "an image that is not a URL",
      parts("user", { type: "input_image", image_url: "AAAA" }),
      "input[0].content[0].image_url",
      "invalid_value",
      "Invalid 'input[0].content[0].image_url'. Expected a valid URL, but got a value with an invalid format.",
    ],
    // Tools.
    type("tools", "wrong type", "an array of tools", "a string"),
    missing("tools[0].type", { tools: [{}] }),
    missing("tools[0].name", { tools: [{ type: "function", function: { name: "f" } }] }),
    [
      "an open object in a strict tool",
      tool({
        strict: true,
        parameters: {
          type: "object",
          properties: { a: { type: "object" } },
          required: ["a"],
          additionalProperties: false,
        },
      }),
      "tools[0].parameters",
      "invalid_function_parameters",
      "Invalid schema for function 'f': In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
    ],
    [
      "an optional property in a strict tool",
      tool({
        strict: true,
        parameters: { type: "object", properties: { a: {} }, required: [], additionalProperties: false },
      }),
      "tools[0].parameters",
      "invalid_function_parameters",
      "Invalid schema for function 'f': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
    ],
    [
      "an object without properties",
      tool({ parameters: { type: "object" } }),
      "tools[0].parameters",
      "invalid_function_parameters",
      "Invalid schema for function 'f': In context=(), object schema missing properties.",
    ],
    type("tool_choice", 7, "one of an object or 'none', 'auto', or 'required'", "an integer"),
    value("tool_choice", { ...tool({}), tool_choice: "bogus" }, "bogus", "'none', 'auto', and 'required'"),
    missing("tool_choice.name", { ...tool({}), tool_choice: { type: "function", function: { name: "f" } } }),
    // Structured output.
    type("text", "wrong type", "an object", "a string"),
    value(
      "text.format.type",
      { text: { format: { type: "bogus" } } },
      "bogus",
      "'json_object', 'text', and 'json_schema'",
    ),
    missing("text.format.name", { text: { format: { type: "json_schema" } } }),
    value("text.verbosity", { text: { verbosity: "bogus" } }, "bogus", "'low', 'medium', and 'high'"),
    [
      "an optional property in a strict format",
      {
        text: {
          format: {
            type: "json_schema",
            name: "response",
            strict: true,
            schema: {
              type: "object",
              properties: {
                organizations: {
                  type: "array",
                  items: { type: "object", properties: { roles: {} }, required: [], additionalProperties: false },
                },
              },
              required: ["organizations"],
              additionalProperties: false,
            },
          },
        },
      },
      "text.format.schema",
      "invalid_json_schema",
      "Invalid schema for response_format 'response': In context=('properties', 'organizations', 'items'), 'required' is required to be supplied and to be an array including every key in properties. Missing 'roles'.",
    ],
    // Everything else, by its kind.
    type("reasoning", "low", "an object", "a string"),
    value("reasoning.effort", { reasoning: { effort: "bogus" } }, "bogus", `${EFFORTS}, and 'max'`),
    [
      "an object as effort",
      { reasoning: { effort: {} } },
      "reasoning.effort",
      "invalid_type",
      `Invalid type for 'reasoning.effort': expected one of one of ${EFFORTS}, or 'max' or integer, but got an object instead.`,
    ],
    [
      "a number as effort",
      { reasoning: { effort: 5 } },
      "reasoning.effort",
      "invalid_type",
      "Invalid type for 'reasoning.effort': expected one of 'minimal', 'low', 'medium', or 'high', but got an integer instead.",
    ],
    value("reasoning.summary", { reasoning: { summary: "bogus" } }, "bogus", "'concise', 'detailed', and 'auto'"),
    type("temperature", "hot", "a decimal", "a string"),
    type("top_logprobs", "x", "an integer", "a string"),
    type("max_tool_calls", 1.5, "an integer", "a decimal number"),
    type("truncation", { a: 1 }, "one of 'auto' or 'disabled'", "an object"),
    value("truncation", { truncation: "bogus" }, "bogus", "'auto' and 'disabled'"),
    type("service_tier", { a: 1 }, "one of 'auto', 'default', 'fast', 'flex', or 'priority'", "an object"),
    value("service_tier", { service_tier: "slow" }, "slow", "'auto', 'default', 'fast', 'flex', and 'priority'"),
    value("prompt_cache_retention", { prompt_cache_retention: "x" }, "x", "'in_memory' and '24h'"),
    type("metadata", "x", "a metadata object", "a string"),
    type("prompt", "x", "an object", "a string"),
    type("instructions", { a: 1 }, "a string", "an object"),
    type("user", 7, "a string", "an integer"),
    type("stream", "yes", "a boolean", "a string"),
    type("store", ["x"], "a boolean", "an array"),
    type("context_management", "x", "an array of objects", "a string"),
    type(
      "include",
      "x",
      "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts', 'rea...ent', or 'mes...obs'",
      "a string",
    ),
    [
      "17 entries of metadata",
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "v"])) },
      "metadata",
      "object_above_max_properties",
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    ],
    [
      "too few tokens",
      { max_output_tokens: 15 },
      "max_output_tokens",
      "integer_below_min_value",
      "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
    ],
    [
      "too many tool calls",
      { max_tool_calls: 0 },
      "max_tool_calls",
      "integer_below_min_value",
      "Invalid 'max_tool_calls': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ],
    [
      "two histories",
      { previous_response_id: "resp_x", conversation: "conv_x" },
      null,
      "mutually_exclusive_parameters",
      "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
    ],
    // The order of two faults.
    missing("model", { model: undefined, zzz_unknown: 1 }),
    missing("input", { input: undefined, zzz_unknown: 1 }),
    unknown("zzz_unknown", { ...user({ bogus: 1 }), zzz_unknown: 1 }),
    value("input[0]", { input: [{}], truncation: "bogus" }, "", ROLES),
    ["tools and metadata", { metadata: "x", tools: "x" }, "tools", "invalid_type", NOT_AN_ARRAY_OF_TOOLS],
    value("truncation", { input: [], truncation: "bogus" }, "bogus", "'auto' and 'disabled'"),
    value(
      "text.verbosity",
      { context_management: "x", text: { verbosity: "bogus" } },
      "bogus",
      "'low', 'medium', and 'high'",
    ),
  ])("%s", (_fault, more, param, code, message) => {
    const refuse = () => parseResponsesRequest({ model: "gpt-5.6-terra", input: "ping", ...more });
    expect(refuse).toThrow(ServiceError);
    expect(refuse).toThrow(
      expect.objectContaining({ status: 400, error: { type: "invalid_request_error", param, code, message } }),
    );
  });
});

it("the output of a response can be sent back, and null counts as absent", () => {
  const said = [
    {
      id: "msg_1",
      type: "message",
      status: "completed",
      role: "assistant",
      phase: "final_answer",
      content: [{ type: "output_text", annotations: [], logprobs: [], text: "OK" }],
    },
    { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "not ours" },
    { id: "fc_1", type: "function_call", status: "completed", call_id: "c", name: "f", arguments: "{}" },
  ];
  const nothing = { truncation: null, store: null, user: null, metadata: null, instructions: null, temperature: null };
  expect(parseResponsesRequest({ model: "m", input: said, ...nothing }).input).toEqual(said);
});
