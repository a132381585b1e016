import { type Fields, isFields } from "../fields.ts";
import { invalidType, invalidValue, refused, unknownParameter } from "./faults.ts";

type Check = (value: unknown, param: string) => void;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["access_programs", anything],
  ["background", boolean],
  ["background_options", object],
  ["client_metadata", object],
  ["context_management", listOfObjects],
  ["conversation", anything],
  ["frequency_penalty", decimal(-2, 2)],
  ["generate", boolean],
  ["image", object],
  ["include", includes],
  ["input", anything],
  ["instructions", anything],
  ["max_output_tokens", integer(16, Number.MAX_SAFE_INTEGER)],
  ["max_tool_calls", integer(1, Number.MAX_SAFE_INTEGER)],
  ["metadata", metadata],
  ["model", anything],
  ["moderation", object],
  ["multi_agent", object],
  ["parallel_tool_calls", boolean],
  ["presence_penalty", decimal(-2, 2)],
  ["previous_response_id", string],
  ["prompt", object],
  ["prompt_cache_key", string],
  ["prompt_cache_options", object],
  ["prompt_cache_retention", oneOf("in_memory", "in-memory", "24h")],
  ["reasoning", reasoning],
  ["safety_identifier", string],
  ["service_tier", oneOf("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")],
  ["store", boolean],
  ["stream", boolean],
  ["stream_options", object],
  ["temperature", decimal(0, 2)],
  ["text", text],
  ["tool_choice", anything],
  ["tools", anything],
  ["top_logprobs", integer(0, 20)],
  ["top_p", decimal(0, 1)],
  ["truncation", oneOf("auto", "disabled")],
  ["user", string],
]);

/**
 * Checks all parameters of a request except those with a check of their own.
 *
 * @param acceptsUnknown - Whether unknown parameters are accepted.
 * @throws {@link ServiceError} 400 for the first error.
 */
export function checkParameters(body: Fields, acceptsUnknown: boolean): void {
  for (const name in body) {
    const value = body[name];
    const check = CHECKS.get(name);
    if (!check && !acceptsUnknown) throw unknownParameter(name);
    if (check && value !== null && value !== undefined) check(value, name);
  }
  if (typeof body.previous_response_id === "string" && body.conversation) {
    throw refused(
      "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of them.",
      "previous_response_id",
      "mutually_exclusive_parameters",
    );
  }
  if (body.background === true && body.store === false) {
    throw refused("Background mode requires 'store' to be true.", "background", "invalid_value");
  }
}

function anything(): void {}

function boolean(value: unknown, param: string): void {
  if (typeof value !== "boolean") throw invalidType(param, "a boolean", value);
}

function string(value: unknown, param: string): void {
  if (typeof value !== "string") throw invalidType(param, "a string", value);
}

function object(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
}

function listOfObjects(value: unknown, param: string): void {
  if (!Array.isArray(value)) throw invalidType(param, "an array of objects", value);
  for (const [index, entry] of value.entries()) object(entry, `${param}[${index}]`);
}

function oneOf(...supported: readonly string[]): Check {
  return (value, param) => {
    string(value, param);
    if (!supported.includes(String(value))) throw invalidValue(param, value, supported);
  };
}

function integer(least: number, most: number): Check {
  return (value, param) => {
    if (typeof value !== "number" || !Number.isInteger(value)) throw invalidType(param, "an integer", value);
    checkRange("integer", value, least, most, param);
  };
}

function decimal(least: number, most: number): Check {
  return (value, param) => {
    if (typeof value !== "number") throw invalidType(param, "a decimal", value);
    checkRange("decimal", value, least, most, param);
  };
}

function checkRange(kind: "integer" | "decimal", value: number, least: number, most: number, param: string): void {
  if (value >= least && value <= most) return;
  const [word, sign, bound, short] =
    value < least ? ["below minimum", ">=", least, "below_min"] : ["above maximum", "<=", most, "above_max"];
  throw refused(
    `Invalid '${param}': ${kind} ${word} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
    param,
    `${kind}_${short}_value`,
  );
}

const MOST_METADATA = 16;

function metadata(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
  const entries = Object.entries(value);
  if (entries.length > MOST_METADATA) {
    const found = `Expected an object with at most ${MOST_METADATA} properties, but got ${entries.length} properties instead.`;
    throw refused(`Invalid '${param}': too many properties. ${found}`, param, "object_above_max_properties");
  }
  for (const [name, entry] of entries) string(entry, `${param}.${name}`);
}

const INCLUDABLE = [
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
];

function includes(value: unknown, param: string): void {
  if (!Array.isArray(value)) throw invalidType(param, "an array of strings", value);
  for (const [index, name] of value.entries()) {
    if (!INCLUDABLE.includes(name)) throw invalidValue(`${param}[${index}]`, name, INCLUDABLE);
  }
}

const effort = oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max");
const summary = oneOf("auto", "concise", "detailed", "none");
const mode = oneOf("standard", "pro");

function reasoning(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
  for (const [name, check] of [
    ["effort", effort],
    ["summary", summary],
    ["mode", mode],
  ] as const) {
    if (value[name] !== undefined && value[name] !== null) check(value[name], `${param}.${name}`);
  }
}

const verbosity = oneOf("low", "medium", "high");

function text(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
  if (value.verbosity !== undefined && value.verbosity !== null) verbosity(value.verbosity, `${param}.verbosity`);
}
