import { type Fields, isFields } from "../fields.ts";
import { boolean, type Check, decimal, integer, listOfObjects, object, objectWith, oneOf, string } from "./checks.ts";
import { checkParameterNames, either, invalidType, invalidValue, refused, unknownParameter } from "./faults.ts";
import { checkText } from "./text.ts";
import { checkToolChoice, checkTools } from "./tools.ts";

/** In the order in which the service checks them, as far as it was measured; `input` comes before all of them. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["model", anything],
  ["input", anything],
  ["previous_response_id", string],
  ["prompt", object],
  ["moderation", object],
  ["include", includes],
  ["tools", checkTools],
  ["tool_choice", checkToolChoice],
  ["metadata", metadata],
  ["text", checkText],
  ["temperature", decimal(0, 2)],
  ["top_p", decimal(0, 1)],
  ["presence_penalty", decimal(-2, 2)],
  ["frequency_penalty", decimal(-2, 2)],
  ["parallel_tool_calls", boolean],
  ["stream", boolean],
  ["stream_options", objectWith("include_obfuscation", "reasoning_summary_delivery")],
  ["background", boolean],
  ["max_output_tokens", integer(16, Number.MAX_SAFE_INTEGER)],
  ["max_tool_calls", integer(1, Number.MAX_SAFE_INTEGER)],
  ["reasoning", checkReasoning],
  ["user", string],
  ["safety_identifier", string],
  ["prompt_cache_options", objectWith("mode", "ttl", "prewarm", "comparison_response_id")],
  ["prompt_cache_key", string],
  ["prompt_cache_retention", oneOf(["in_memory", "24h"])],
  ["truncation", oneOf(["auto", "disabled"])],
  ["instructions", string],
  ["store", boolean],
  ["service_tier", oneOf(["auto", "default", "fast", "flex", "priority"], ["scale", "ultrafast"])],
  ["top_logprobs", integer(0, 20)],
  ["context_management", listOfObjects],
  // Their place in that order is not known.
  ["conversation", anything],
  ["access_programs", anything],
  ["background_options", object],
  ["client_metadata", object],
  ["generate", boolean],
  ["image", object],
  ["multi_agent", object],
]);

/** A list, because iterating over it for every request costs less than over a map. */
const IN_ORDER = [...CHECKS];

/** @throws {@link ServiceError} 400 for the first unknown name. */
export function checkNames(body: Fields): void {
  checkParameterNames(body, CHECKS);
}

/**
 * Checks every parameter of a request except its model and its input. Null counts as absent.
 *
 * @throws {@link ServiceError} 400 for the first error.
 */
export function checkParameters(body: Fields): void {
  for (const [name, check] of IN_ORDER) {
    const value = body[name];
    if (value !== undefined && value !== null) check(value, name);
  }
  if (typeof body.previous_response_id === "string" && body.conversation) {
    throw refused(
      "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
      undefined,
      "mutually_exclusive_parameters",
    );
  }
  if (body.background === true && body.store === false) {
    throw refused("Background mode requires 'store' to be true.", "background", "invalid_value");
  }
}

function anything(): void {}

const MOST_METADATA = 16;

function metadata(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "a metadata object", value);
  const entries = Object.entries(value);
  if (entries.length > MOST_METADATA) {
    const found = `Expected an object with at most ${MOST_METADATA} properties, but got an object with ${entries.length} properties instead.`;
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
  if (!Array.isArray(value)) throw invalidType(param, `an array of one of ${either(INCLUDABLE.map(shortened))}`, value);
  for (const [index, name] of value.entries()) {
    if (!INCLUDABLE.includes(name)) throw invalidValue(`${param}[${index}]`, name, INCLUDABLE);
  }
}

/** The service shortens long names in messages about a type, but not in those about a value. */
function shortened(name: string): string {
  return `${name.slice(0, 3)}...${name.slice(-3)}`;
}

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const EFFORTS_BEFORE_NUMBERS = ["minimal", "low", "medium", "high"];

function effort(value: unknown, param: string): void {
  if (typeof value === "number") throw invalidType(param, `one of ${either(EFFORTS_BEFORE_NUMBERS)}`, value);
  if (typeof value !== "string") throw invalidType(param, `one of one of ${either(EFFORTS)} or integer`, value);
  if (!EFFORTS.includes(value)) throw invalidValue(param, value, EFFORTS);
}

const REASONING: ReadonlyMap<string, Check> = new Map([
  ["effort", effort],
  ["summary", oneOf(["concise", "detailed", "auto"])],
  ["mode", oneOf(["standard", "pro"])],
  ["context", oneOf(["auto", "current_turn", "all_turns"])],
]);

function checkReasoning(value: unknown, param: string): void {
  if (!isFields(value)) throw invalidType(param, "an object", value);
  for (const [name, given] of Object.entries(value)) {
    const check = REASONING.get(name);
    if (!check) throw unknownParameter(`${param}.${name}`);
    if (given !== null && given !== undefined) check(given, `${param}.${name}`);
  }
}
